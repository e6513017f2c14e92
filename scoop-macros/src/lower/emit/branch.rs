//! `if`, `match` and blocks around awaits.

use std::collections::BTreeSet;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};

use super::super::ir::{Block, Branch, Live, Select, VarId};
use super::super::place::{self, Place};
use super::barrier::Carried;
use super::dest::dest;
use super::{Apart, Building, Emit, Prefix, frame};

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
        let arms = self.arm_locals(e, &building.own);
        let names = Names::new(e);
        let select = self.select_arm(e, &arms, &names, building);
        let (after, declared) = self.after_barrier(block, index, &carried, &needed, building);
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

    fn arm_locals(&self, e: &Branch, own: &[VarId]) -> Vec<ArmLocals> {
        let vars = &self.flat.vars;
        let across = place::roots(&self.across(e.id, e.range));
        let of_arm = |(index, arm): (usize, &super::super::ir::Arm)| {
            let whole = |&id| vec![Place::whole(id)];
            let mut given: Vec<_> = arm.binds.iter().map(whole).collect();
            let sunk = self.sunk(e, index);
            let nothing = Live::new();
            let needed = self.live.arms.get(&(e.id, index)).unwrap_or(&nothing);
            for &id in own.iter().filter(|id| sunk.contains(id)) {
                given.push(place::parts(needed, id, vars));
            }
            given.dedup();
            let is_own = |id: &VarId| given.iter().any(|parts| parts[0].root == *id);
            let late = self.late.iter().filter(|id| sunk.contains(id));
            let late = late.copied().filter(|id| !is_own(id)).collect();
            let roots = place::roots(needed);
            let again = |id: &&VarId| !vars.is_saved(**id) && roots.contains(id);
            let again = own.iter().filter(again).copied();
            let again = again.filter(|id| !across.contains(id)).collect();
            ArmLocals { given, late, again }
        };
        e.arms.iter().enumerate().map(of_arm).collect()
    }

    /// The expression that chooses the arm and hands it its locals.
    fn select_arm(
        &self,
        e: &Branch,
        arms: &[ArmLocals],
        names: &Names,
        building: &Building,
    ) -> TokenStream {
        let mut apart = building.apart(&self.flat.vars);
        let choice = |index: usize| {
            let whole = |&id| self.carry(&[Place::whole(id)]);
            let values = arms[index].given.iter().map(|parts| self.carry(parts));
            let values = values.chain(arms[index].late.iter().map(whole));
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
        arms: &[ArmLocals],
        names: &Names,
        carried: &Carried,
        (late, parted): (&BTreeSet<VarId>, &BTreeSet<VarId>),
    ) -> Vec<TokenStream> {
        let runtime = self.runtime;
        let mut bodies = Vec::new();
        for (index, arm) in e.arms.iter().enumerate() {
            let mine = &arms[index];
            let mut locals: Vec<VarId> = mine.given.iter().map(|parts| parts[0].root).collect();
            let mut late = late.clone();
            late.retain(|id| !locals.contains(id));
            let mut parted = parted.clone();
            super::note_parts(&mine.given, &mut parted);
            let inner = self.inside(&self.kept_places(carried), late, &parted, None);
            let patterns = locals.iter().map(|&id| self.bind(id));
            let assigned: Vec<_> = mine
                .late
                .iter()
                .map(|&id| &self.flat.vars.get(id).ident)
                .collect();
            let handed: Vec<_> = assigned
                .iter()
                .map(|id| format_ident!("__late_{}", id))
                .collect();
            let payload = &names.payloads[index];
            let evaluated = self.again(&mine.again, &whole(&mine.again));
            let apart = |stmt| {
                Apart {
                    vars: &self.flat.vars,
                    parted: &parted,
                }
                .stmt(stmt)
            };
            let evaluated = evaluated.into_iter().flat_map(apart);
            let (again, once): (Vec<&syn::Stmt>, Vec<_>) = arm
                .again
                .iter()
                .partition(|stmt| super::crosses(&self.flat.vars, arm, stmt));
            let code = quote! {
                let (#(#patterns,)* #(#handed,)*) = #runtime::frame::given(#payload);
                #(#assigned = #handed;)*
                #(#evaluated)*
                #(#once)*
            };
            locals.extend(&mine.again);
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
}

/// The locals that come with an arm.
struct ArmLocals {
    /// What its pattern binds, and what only it needs, in parts.
    given: Vec<Vec<Place>>,
    /// Locals of enclosing blocks that have no value yet when the saga is resumed in another arm:
    /// they are assigned at the top of the one that reads them.
    late: Vec<VarId>,
    /// What is evaluated again at its top: it borrows, maybe from what moves into the arm.
    again: Vec<VarId>,
}

fn whole(ids: &[VarId]) -> Live {
    ids.iter().copied().map(Place::whole).collect()
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
