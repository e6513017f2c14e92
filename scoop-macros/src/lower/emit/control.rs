//! Control flow around awaits.

use std::collections::BTreeSet;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};

use super::super::ir::{Block, Branch, Dest, For, Iterated, Live, Loop, Range, Select, VarId};
use super::super::place::{self, Place};
use super::super::span::located;
use super::barrier::Carried;
use super::{AroundLoop, Building, Emit, Prefix, frame};

impl Emit<'_> {
    pub(super) fn branch(&self, block: &Block, index: usize, e: &Branch, building: &mut Building) {
        let mut entry = Live::new();
        for arm in 0..e.arms.len() {
            entry.extend(
                self.live
                    .arms
                    .get(&(e.id, arm))
                    .into_iter()
                    .flatten()
                    .cloned(),
            );
        }
        let across = self.across(e.id, e.range);
        let passing = place::roots(&across);
        let mut needed: Live = entry
            .iter()
            .filter(|place| passing.contains(&place.root))
            .cloned()
            .collect();
        let at_entry = place::roots(&needed);
        needed.extend(
            across
                .into_iter()
                .filter(|place| at_entry.contains(&place.root)),
        );
        let carried = self.carried(&needed, &building.own);
        let snapshot = self.snapshot(&carried, e.range);
        let mut evaluated = entry.clone();
        evaluated.extend(needed.iter().cloned());
        let arms = self.arm_locals(e, &building.own);
        let names = Names::new(e);
        let select = self.select_arm(e, &arms, &names, building);
        let (after, declared) = self.after_barrier(block, index, &carried, &evaluated, building);
        let late = self.late_inside(&carried, declared);
        let bodies = self.arm_bodies(e, &arms, &names, &carried, (&late, &building.parted));

        let frame = frame(Span::call_site());
        let first = e.range.first;
        let ranges = e.arms.iter().map(|arm| (arm.range.first, arm.range.last));
        let ranges = ranges.map(|(first, last)| quote!((#first, #last)));
        let (chosen, payloads) = (&names.chosen, &names.payloads);
        let nones = payloads
            .iter()
            .map(|_| quote!(::core::option::Option::None));
        let (patterns, loads) = (self.patterns(&carried), self.loads(&carried));
        let (values, late_loads) = (self.values(&carried), self.late_loads(&carried));
        let parts_again = self.parts_again(&carried, e.range);
        let before = std::mem::take(&mut building.code);
        let statement = dest(
            &e.dest,
            e.label.as_ref(),
            &quote!(match #chosen { #(#bodies)* }),
        );
        building.code = quote! {
            let ((#chosen, #(#payloads,)*), #(#patterns,)*) = if #frame.at(#first) {
                #late_loads
                ((#frame.which(&[#(#ranges),*]), #(#nones,)*), #(#loads,)*)
            } else {
                #before
                let __chosen = #select;
                #(#snapshot)*
                (__chosen, #(#values,)*)
            };
            #parts_again
            #after
            #statement
        };
        self.take_result(&e.dest, building);
    }

    /// For each arm the locals that come with it, in parts: what its pattern binds, and what only it
    /// needs.
    fn arm_locals(&self, e: &Branch, own: &[VarId]) -> Vec<Vec<Vec<Place>>> {
        let of_arm = |(index, arm): (usize, &super::super::ir::Arm)| {
            let whole = |&id| vec![Place::whole(id)];
            let mut locals: Vec<_> = arm.binds.iter().map(whole).collect();
            let sunk = self.sunk(e, index);
            let needed = self.live.arms.get(&(e.id, index));
            for &id in own.iter().filter(|id| sunk.contains(id)) {
                let needed = needed.map(|needed| place::parts(needed, id, &self.flat.vars));
                locals.extend(needed);
            }
            locals.dedup();
            locals
        };
        e.arms.iter().enumerate().map(of_arm).collect()
    }

    /// The expression that chooses the arm and hands it its locals.
    fn select_arm(
        &self,
        e: &Branch,
        arms: &[Vec<Vec<Place>>],
        names: &Names,
        building: &Building,
    ) -> TokenStream {
        let mut apart = building.apart(&self.flat.vars);
        let choice = |index: usize| {
            let values = arms[index].iter().map(|parts| self.carry(parts));
            let payloads = (0..names.payloads.len()).map(|other| {
                if other == index {
                    let values = values.clone();
                    quote!(::core::option::Option::Some((#(#values,)*)))
                } else {
                    quote!(::core::option::Option::None)
                }
            });
            quote!((#index, #(#payloads,)*))
        };
        match &e.select {
            Select::Always => choice(0),
            Select::If(cond) => {
                let (cond, then, other) = (apart.expr(cond), choice(0), choice(1));
                quote!(if #cond { #then } else { #other })
            }
            Select::Match(scrutinee, pats) => {
                let scrutinee = apart.expr(scrutinee);
                let choices = (0..pats.len()).map(choice);
                quote!(match #scrutinee { #(#pats => #choices,)* })
            }
        }
    }

    fn arm_bodies(
        &self,
        e: &Branch,
        arms: &[Vec<Vec<Place>>],
        names: &Names,
        carried: &Carried,
        (late, parted): (&BTreeSet<VarId>, &BTreeSet<VarId>),
    ) -> Vec<TokenStream> {
        let runtime = self.runtime;
        let mut bodies = Vec::new();
        for (index, arm) in e.arms.iter().enumerate() {
            let locals: Vec<VarId> = arms[index].iter().map(|parts| parts[0].root).collect();
            let mut late = late.clone();
            late.retain(|id| !locals.contains(id));
            let mut parted = parted.clone();
            super::note_parts(&arms[index], &mut parted);
            let inner = self.inside(&self.kept_places(carried), late, &parted, None);
            let patterns = locals.iter().map(|&id| self.bind(id));
            let payload = &names.payloads[index];
            let (again, once): (Vec<&syn::Stmt>, Vec<_>) = arm
                .again
                .iter()
                .partition(|stmt| super::crosses(&self.flat.vars, arm, stmt));
            let code = quote! {
                let (#(#patterns,)*) = #runtime::frame::given(#payload);
                #(#once)*
            };
            let body = inner.block(&arm.body, Prefix { code, vars: locals });
            self.absorb(&inner);

            let test = if index + 1 == e.arms.len() {
                quote!(_)
            } else {
                quote!(#index)
            };
            bodies.push(quote!(#test => { #(#again)* #body }));
        }
        bodies
    }

    /// What a loop carries over its entry.
    fn loop_entry(&self, id: usize, range: Range, own: &[VarId]) -> (Carried, Live) {
        let head = self.live.heads.get(&id).cloned().unwrap_or_default();
        let at_head = place::roots(&head);
        let mut needed = head;
        let across = self.across(id, range);
        needed.extend(
            across
                .into_iter()
                .filter(|place| at_head.contains(&place.root)),
        );
        (self.carried(&needed, own), needed)
    }

    pub(super) fn endless(&self, block: &Block, index: usize, e: &Loop, building: &mut Building) {
        let (carried, needed) = self.loop_entry(e.id, e.range, &building.own);
        let snapshot = self.snapshot(&carried, e.range);
        let (after, declared) = self.after_barrier(block, index, &carried, &needed, building);
        let inner = self.inside(
            &self.kept_places(&carried),
            self.late_inside(&carried, declared),
            &building.parted,
            None,
        );
        let body = inner.block(
            &e.body,
            Prefix {
                code: TokenStream::new(),
                vars: Vec::new(),
            },
        );
        self.absorb(&inner);
        let (frame, first) = (frame(Span::call_site()), e.range.first);
        let (patterns, loads) = (self.patterns(&carried), self.loads(&carried));
        let (values, late_loads) = (self.values(&carried), self.late_loads(&carried));
        let parts_again = self.parts_again(&carried, e.range);
        let before = std::mem::take(&mut building.code);
        let statement = loop_dest(&e.dest, e.label.as_ref(), &quote!(loop { #body }));
        building.code = quote! {
            let (#(#patterns,)*) = if #frame.at(#first) {
                #late_loads
                (#(#loads,)*)
            } else {
                #before
                #(#snapshot)*
                (#(#values,)*)
            };
            #parts_again
            #after
            #statement
        };
        self.take_result(&e.dest, building);
    }

    pub(super) fn for_loop(&self, block: &Block, index: usize, e: &For, building: &mut Building) {
        let (carried, needed) = self.loop_entry(e.id, e.range, &building.own);
        let snapshot = self.snapshot(&carried, e.range);
        let parts = self.for_parts(e, building);
        let (after, declared) = self.after_barrier(block, index, &carried, &needed, building);
        let late = self.late_inside(&carried, declared);
        let slots = match &e.iter {
            Iterated::Owned(_) => e.slots.to_vec(),
            Iterated::Borrowed { .. } => vec![e.slots[1].clone()],
        };
        let around = AroundLoop {
            save: parts.save,
            slots,
        };
        let inner = self.inside(
            &self.kept_places(&carried),
            late,
            &building.parted,
            Some(around),
        );
        let body = inner.block(
            &e.body,
            Prefix {
                code: parts.item,
                vars: e.binds.clone(),
            },
        );
        self.absorb(&inner);
        let (frame, first) = (frame(Span::call_site()), e.range.first);
        let (patterns, loads) = (self.patterns(&carried), self.loads(&carried));
        let (values, late_loads) = (self.values(&carried), self.late_loads(&carried));
        let parts_again = self.parts_again(&carried, e.range);
        let before = std::mem::take(&mut building.code);
        let (iterator, resumed, fresh) = (parts.iterator, parts.resumed, parts.fresh);
        let (position, next) = (parts.position, parts.next);
        let label = e.label.iter();
        building.code = quote! {
            let (#iterator, #(#patterns,)*) = if #frame.at(#first) {
                #late_loads
                (#resumed, #(#loads,)*)
            } else {
                #before
                let __fresh = #fresh;
                #(#snapshot)*
                (__fresh, #(#values,)*)
            };
            #parts_again
            #after
            #position
            #(#label)* while let #next { #body }
        };
    }

    fn for_parts(&self, e: &For, building: &Building) -> ForParts {
        let [items, taken] = &e.slots;
        let (runtime, first, pat) = (self.runtime, e.range.first, &e.pat);
        let frame = frame(Span::call_site());
        let iterator = format_ident!("__iter{}", e.id);
        match &e.iter {
            Iterated::Owned(iter) => {
                let item = format_ident!("__item{}", e.id);
                let slots = quote!(#runtime::frame::LoopSlots { items: #items, taken: #taken });
                let span = syn::spanned::Spanned::span(iter);
                let iter = building.apart(&self.flat.vars).expr(iter);
                ForParts {
                    iterator: quote!(mut #iterator),
                    resumed: quote!(#runtime::frame::SagaIter::load(&mut #frame, #slots)),
                    fresh: quote_spanned! {span=> {
                        #[allow(unused_imports)]
                        use #runtime::frame::{AsItStands as _, Collected as _};
                        (&&#runtime::frame::IterProbe::new(#iter)).saga_iter(&mut #frame, #slots)
                    }},
                    position: TokenStream::new(),
                    next: quote! {
                        ::core::option::Option::Some(#item) = (if #frame.at(#first) {
                            ::core::option::Option::Some(::core::option::Option::None)
                        } else {
                            ::core::iter::Iterator::next(&mut #iterator)
                                .map(::core::option::Option::Some)
                        })
                    },
                    item: quote!(let #pat = #runtime::frame::given(#item);),
                    save: quote!(#runtime::frame::SagaIter::save(&#iterator, &mut #frame);),
                }
            }
            Iterated::Borrowed { base, whole } => {
                let span = syn::spanned::Spanned::span(base);
                let runtime = located(runtime, span);
                let count = format_ident!("__taken{}", e.id);
                ForParts {
                    iterator: quote!(mut #count),
                    resumed: quote!(#frame.load::<usize>(#taken)),
                    fresh: quote!(0_usize),
                    position: quote_spanned! {span=>
                        let mut #iterator = {
                            #[allow(unused_imports)]
                            use #runtime::frame::KeepsItsOrder as _;
                            let __base = #base;
                            #runtime::frame::OrderProbe(&__base).keeps_its_order();
                            ::core::iter::Iterator::skip(
                                #whole,
                                if #frame.at(#first) { #count - 1 } else { 0 },
                            )
                        };
                    },
                    next: quote! {
                        ::core::option::Option::Some(#pat) = {
                            let __next = ::core::iter::Iterator::next(&mut #iterator);
                            if !#frame.at(#first) { #count += 1; }
                            __next
                        }
                    },
                    item: TokenStream::new(),
                    save: quote!(#frame.save(#taken, &#count);),
                }
            }
        }
    }

    fn take_result(&self, to: &Dest, building: &mut Building) {
        if let Dest::Let(pat, _) = to {
            building.own.extend(self.bound(pat));
        }
    }
}

/// The pieces of an emitted `for`.
struct ForParts {
    iterator: TokenStream,
    resumed: TokenStream,
    fresh: TokenStream,
    position: TokenStream,
    next: TokenStream,
    item: TokenStream,
    save: TokenStream,
}

/// The hidden locals of a branch.
struct Names {
    chosen: Ident,
    payloads: Vec<Ident>,
}

impl Names {
    fn new(e: &Branch) -> Self {
        let payload = |index| format_ident!("__given{}_{}", e.id, index);
        Self {
            chosen: format_ident!("__chosen{}", e.id),
            payloads: (0..e.arms.len()).map(payload).collect(),
        }
    }
}

fn dest(to: &Dest, label: Option<&syn::Label>, value: &TokenStream) -> TokenStream {
    match label {
        Some(label) => assigned(to, &quote!(#label { #value })),
        None => assigned(to, value),
    }
}

fn loop_dest(to: &Dest, label: Option<&syn::Label>, value: &TokenStream) -> TokenStream {
    let label = label.iter();
    assigned(to, &quote!(#(#label)* #value))
}

fn assigned(to: &Dest, value: &TokenStream) -> TokenStream {
    match to {
        Dest::Statement => quote!(#value;),
        Dest::Let(pat, None) => quote!(let #pat = #value;),
        Dest::Let(pat, Some(ty)) => quote!(let #pat: #ty = #value;),
    }
}
