//! `for` around awaits.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};

use super::super::ir::{Block, For, Iterated};
use super::super::span::located;
use super::{AroundLoop, Building, Emit, Prefix, frame};

impl Emit<'_> {
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
