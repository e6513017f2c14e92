//! `if`, `match` and blocks around awaits.

use std::collections::BTreeSet;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};

use super::super::ir::{Block, Branch, Live, Select, VarId};
use super::super::place::{self, Place};
use super::barrier::Carried;
use super::dest::dest;
use super::{Building, Emit, Prefix, frame};

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
