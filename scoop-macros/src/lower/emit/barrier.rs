//! Awaits, and what is common to all barriers.

use std::collections::BTreeSet;

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::Ident;

use super::super::ir::{Await, Block, Live, Range, VarId, VarKind};
use super::super::place::{self, Place};
use super::super::span::located;
use super::{Building, Emit, frame};

/// What a barrier carries over.
pub(super) struct Carried {
    /// The block's own locals that pass it, in parts.
    pub(super) own: Vec<Vec<Place>>,
    /// Locals of enclosing blocks that get their value only here when the saga is resumed.
    pub(super) late: Vec<VarId>,
}

impl Carried {
    pub(super) fn ids(&self) -> Vec<VarId> {
        self.own.iter().map(|parts| parts[0].root).collect()
    }
}

impl Emit<'_> {
    /// What passes a barrier: of the block's own locals those that are needed after it, and of the
    /// late ones too.
    pub(super) fn carried(&self, needed: &Live, own: &[VarId]) -> Carried {
        let vars = &self.flat.vars;
        let saved = |id: &VarId| vars.is_saved(*id);
        let mut parts = Vec::new();
        let mut seen = BTreeSet::new();
        for id in own.iter().copied().filter(saved) {
            let needed = place::parts(needed, id, vars);
            if !needed.is_empty() && seen.insert(id) {
                parts.push(needed);
            }
        }
        let roots = place::roots(needed);
        let late = self
            .late
            .iter()
            .copied()
            .filter(|id| roots.contains(id))
            .collect();
        Carried { own: parts, late }
    }

    pub(super) fn loads(&self, carried: &Carried) -> Vec<TokenStream> {
        carried.own.iter().map(|parts| self.load(parts)).collect()
    }

    pub(super) fn values(&self, carried: &Carried) -> Vec<TokenStream> {
        carried.own.iter().map(|parts| self.carry(parts)).collect()
    }

    pub(super) fn patterns(&self, carried: &Carried) -> Vec<TokenStream> {
        carried.ids().into_iter().map(|id| self.bind(id)).collect()
    }

    /// `x = __frame.load("x");` for what gets its value only now.
    pub(super) fn late_loads(&self, carried: &Carried) -> TokenStream {
        let loads = carried.late.iter().map(|&id| {
            let ident = &self.flat.vars.get(id).ident;
            let load = self.load(&[Place::whole(id)]);
            quote!(#ident = #load;)
        });
        quote!(#(#loads)*)
    }

    /// Declares again what has no value after a barrier but is assigned before the next one, and
    /// evaluates again what is not saved.
    pub(super) fn after_barrier(
        &self,
        block: &Block,
        index: usize,
        carried: &Carried,
        needed: &Live,
        building: &mut Building,
    ) -> (TokenStream, BTreeSet<VarId>) {
        let passed: BTreeSet<VarId> = carried.ids().into_iter().collect();
        let mentioned = self.mentioned_from(block, index + 1, Some(&block.nodes[index]));
        let missing: BTreeSet<VarId> = building
            .own
            .iter()
            .copied()
            .filter(|id| self.flat.vars.is_saved(*id) && !passed.contains(id))
            .collect();
        let declared: Vec<VarId> = missing
            .iter()
            .copied()
            .filter(|id| mentioned.contains(id))
            .collect();
        let idents = declared.iter().map(|&id| &self.flat.vars.get(id).ident);
        super::note_parts(&carried.own, &mut building.parted);
        building.parted.retain(|id| !declared.contains(id));
        let again = self.again(&building.own, needed);
        let again = again
            .into_iter()
            .flat_map(|stmt| building.apart(&self.flat.vars).stmt(stmt));
        (
            quote!(#(let mut #idents;)* #(#again)*),
            declared.into_iter().collect(),
        )
    }

    /// The `let`s of this block that are evaluated again, in their order.
    pub(super) fn again(&self, own: &[VarId], needed: &Live) -> Vec<&syn::Stmt> {
        let roots = place::roots(needed);
        let mut indices: Vec<usize> = Vec::new();
        for id in own.iter().filter(|id| roots.contains(id)) {
            if let VarKind::Again(index) = self.flat.vars.get(*id).kind
                && !indices.contains(&index)
            {
                indices.push(index);
            }
        }
        indices.sort_unstable();
        indices
            .into_iter()
            .map(|index| &self.flat.vars.again[index].stmt)
            .collect()
    }

    fn frame_at(&self, place: &Place) -> Ident {
        frame(self.flat.vars.get(place.root).ident.span())
    }

    pub(super) fn awaited(&self, block: &Block, index: usize, e: &Await, building: &mut Building) {
        let mut needed = self.live.after.get(&e.point).cloned().unwrap_or_default();
        let result_needed = place::roots(&needed).contains(&e.result);
        needed.retain(|place| place.root != e.result);
        let carried = self.carried(&needed, &building.own);
        let saves = self.point_saves(e, &needed, &carried);
        let operation = building.apart(&self.flat.vars).expr(&e.operation);
        let (after, _) = self.after_barrier(block, index, &carried, &needed, building);

        let span = self.flat.points[(e.point - 1) as usize].span;
        let (frame, number) = (frame(span), e.point);
        let pending = Ident::new(&format!("__pending{number}"), span);
        let begun = Ident::new(&format!("__operation{number}"), span);
        let result = &self.flat.vars.get(e.result).ident;
        let (patterns, loads) = (self.patterns(&carried), self.loads(&carried));
        let (values, late) = (self.values(&carried), self.late_loads(&carried));
        let before = std::mem::take(&mut building.code);
        let (links, known) = (self.links(&e.blocks), self.known(e.point, &e.blocks));
        let begin = quote_spanned!(span=> #frame.begin(#number, #begun));
        let resume = quote_spanned!(span=> #frame.resume(#number));
        let runtime = located(self.runtime, span);
        let called = quote_spanned! {span=>
            (&&&&&&#runtime::frame::awaited::Awaited(&#begun)).kind().operation(#begun)
        };
        let settle = quote_spanned!(span=> #frame.settle(#pending).await);
        // A pattern, so that the compiler does not propose a type for it where one is missing in a block.
        let whatever = (!e.blocks.is_empty()).then(|| quote!(@ _));
        building.code = quote! {
            #links
            let (#pending, #(#patterns,)*) = if #frame.at(#number) {
                #late
                (#resume, #(#loads,)*)
            } else {
                #before
                let #begun = #operation;
                let #begun = {
                    #[allow(unused_imports)]
                    use #runtime::frame::awaited::{
                        IsCaughtSaga as _, IsFunction as _, IsFuture as _, IsNoFuture as _,
                        IsOperation as _, IsSaga as _,
                    };
                    #called
                };
                #(#saves)*
                (#begin, #(#values,)*)
            };
            #after
            #known
            let #result #whatever = #settle;
        };
        building.own.extend(result_needed.then_some(e.result));
    }

    /// Saves what is needed after a point, and notes the slots of that point: these, and those of
    /// enclosing blocks that must be there for the way back in.
    fn point_saves(&self, e: &Await, needed: &Live, carried: &Carried) -> Vec<TokenStream> {
        let point = e.point;
        let vars = &self.flat.vars;
        let mut slots: Vec<String> = Vec::new();
        let mut saves = Vec::new();
        let late = carried.late.iter().map(|&id| Place::whole(id));
        for place in carried.own.iter().flatten().cloned().chain(late) {
            saves.push(self.save(&place, e.point));
            slots.push(place.slot(vars));
        }
        for place in &self.kept {
            for part in self.needed_of(place, needed) {
                saves.push(self.save(&part, e.point));
                slots.push(part.slot(vars));
            }
            slots.push(place.slot(vars));
        }
        for around in &self.loops {
            saves.push(around.save.clone());
            slots.extend(around.slots.iter().cloned());
        }
        slots.sort();
        slots.dedup();
        self.slots.borrow_mut().insert(point, slots);
        saves
    }

    /// Saves those of these places that some await inside does not save itself: on the way back in
    /// they must have a value, though nobody will look at it.
    pub(super) fn snapshot(&self, carried: &Carried, range: Range) -> Vec<TokenStream> {
        let everywhere = |place: &Place| {
            (range.first..=range.last).all(|point| {
                self.live
                    .after
                    .get(&point)
                    .is_some_and(|needed| self.needed_of(place, needed) == [place.clone()])
            })
        };
        carried
            .own
            .iter()
            .flatten()
            .cloned()
            .chain(carried.late.iter().map(|&id| Place::whole(id)))
            .filter(|place| !everywhere(place))
            .map(|place| self.save(&place, range.first))
            .collect()
    }

    /// What is needed of a place that enclosing control flow loads: all of it, nothing, or parts,
    /// which are saved in slots of their own.
    fn needed_of(&self, kept: &Place, needed: &Live) -> Vec<Place> {
        let vars = &self.flat.vars;
        let within = |place: &Place| place.fields.starts_with(&kept.fields);
        let parts = place::parts(needed, kept.root, vars);
        if parts
            .iter()
            .any(|part| kept.fields.starts_with(&part.fields))
        {
            return vec![kept.clone()];
        }
        parts.into_iter().filter(within).collect()
    }

    /// Puts the parts that were saved alone into what was loaded at the entry of control flow.
    pub(super) fn parts_again(&self, carried: &Carried, range: Range) -> TokenStream {
        let mut code = TokenStream::new();
        for kept in self.kept_places(carried) {
            let parts: BTreeSet<Place> = (range.first..=range.last)
                .filter_map(|point| self.live.after.get(&point))
                .flat_map(|needed| self.needed_of(&kept, needed))
                .filter(|part| *part != kept)
                .collect();
            if parts.is_empty() {
                continue;
            }
            let assignments = parts.iter().map(|part| {
                let (frame, slot) = (self.frame_at(part), part.slot(&self.flat.vars));
                let path = part.path(&self.flat.vars);
                quote!(if #frame.has(#slot) { #path = #frame.load(#slot); })
            });
            let frame = frame(Span::call_site());
            let first = range.first;
            let put = quote!(if #frame.at(#first) { #(#assignments)* });
            let root = self.flat.vars.get(kept.root);
            let ident = &root.ident;
            code.extend(if root.mutable {
                put
            } else {
                quote!(let #ident = { let mut #ident = #ident; #put #ident };)
            });
        }
        code
    }

    /// The places of what passed a barrier.
    pub(super) fn kept_places(&self, carried: &Carried) -> Vec<Place> {
        let late = carried.late.iter().map(|&id| Place::whole(id));
        carried.own.iter().flatten().cloned().chain(late).collect()
    }

    /// The late locals inside control flow: those from outside that did not get their value at its
    /// entry, and those declared just before it.
    pub(super) fn late_inside(
        &self,
        carried: &Carried,
        declared: BTreeSet<VarId>,
    ) -> BTreeSet<VarId> {
        let mut late = declared;
        late.extend(self.late.iter().filter(|id| !carried.late.contains(id)));
        late
    }
}
