//! `loop` around awaits, and what all loops carry over their entry.

use proc_macro2::{Span, TokenStream};
use quote::quote;

use super::super::ir::{Block, Live, Loop, Range, VarId};
use super::super::place;
use super::barrier::Carried;
use super::dest::loop_dest;
use super::{Building, Emit, Prefix, frame};

impl Emit<'_> {
    /// What a loop carries over its entry.
    pub(super) fn loop_entry(&self, id: usize, range: Range, own: &[VarId]) -> (Carried, Live) {
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
}
