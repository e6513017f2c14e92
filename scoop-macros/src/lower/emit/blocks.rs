//! The bodies of `async` blocks beside other operations: functions that the frame is told of before each await of
//! theirs, so that they can be entered on a resume, too. Their types are found out where they begin.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};

use super::super::ir::{Capture, Inner};
use super::super::span::located;
use super::{Emit, frame};

impl Emit<'_> {
    /// What stands before the await.
    pub(super) fn links(&self, blocks: &[Inner]) -> TokenStream {
        let runtime = self.runtime;
        let links = blocks.iter().map(|block| &block.link);
        let codecs = blocks.iter().flat_map(|block| &block.captured);
        let codecs = codecs.map(|Capture { codec, at, .. }| {
            // As the macro's own code, so that the compiler does not propose to borrow what is a borrow.
            let at = Span::mixed_site().located_at(*at);
            let runtime = located(runtime, at);
            let made = quote_spanned!(at=> #runtime::operation::block::captured());
            quote!(let #codec = #made;)
        });
        quote!(#(let #links = #runtime::operation::block::Link::new();)* #(#codecs)*)
    }

    /// Tells the frame of the blocks that are awaited next.
    pub(super) fn known(&self, point: u32, blocks: &[Inner]) -> TokenStream {
        let frame = frame(Span::call_site());
        let bodies = blocks.iter().map(|block| self.body(block));
        quote!(#(#frame.block(#point, #bodies);)*)
    }

    fn body(&self, block: &Inner) -> TokenStream {
        let Inner {
            link,
            name,
            captured,
            provided,
            lowered,
            span,
        } = block;
        let (frame, runtime) = (frame(Span::call_site()), self.runtime);
        let description = quote!(#runtime::protocol::description::Description);
        let (code, points, graph) = (&lowered.code, &lowered.points, &lowered.graph);
        let codecs = list(captured.iter().map(|capture| &capture.codec));
        let captured = list(captured.iter().map(|capture| &capture.ident));
        let given = list(provided.iter());
        let this = provided.iter().find(|ident| *ident == "__this");
        let this = this.map(|this| quote!(let #this = &*#this;));
        let value = Ident::new("__value", Span::mixed_site().located_at(*span));
        let gives = Ident::new("__gives", Span::mixed_site().located_at(*span));
        let end = self.end(&value, *span);
        let coded = located(runtime, *span);
        let coded = quote_spanned!(*span=> #coded::operation::block::value());
        let boxed = quote_spanned! {*span=>
            ::std::boxed::Box::pin(async move {
                #this
                let #value = #gives.this(async { #code }.await);
                let end = #end;
                (#value, end)
            })
        };
        quote! {
            #link.body(
                (#name, {
                    const __BLOCK: #description = #description {
                        saga: #name,
                        points: &[#(#points),*],
                        graph: #graph,
                    };
                    &__BLOCK
                }),
                #codecs,
                #coded,
                |mut #frame, #captured, #given, #gives| #boxed,
            )
        }
    }

    /// What is stored of the error of a block.
    fn end(&self, value: &Ident, span: Span) -> TokenStream {
        let runtime = located(self.runtime, span);
        let probe = quote_spanned!(span=> (&&&#runtime::error::ErrorProbe(error)).stored());
        quote! {{
            #[allow(unused_imports)]
            use #runtime::operation::block::NoResult as _;
            match #runtime::operation::block::Value(&#value).error() {
                ::core::option::Option::None => ::core::result::Result::Ok(()),
                ::core::option::Option::Some(error) => {
                    #[allow(unused_imports)]
                    use #runtime::error::{NotAnError as _, StoredAsText as _, StoredWithValue as _};
                    ::core::result::Result::Err(#probe)
                }
            }
        }}
    }
}

fn list<'a>(idents: impl DoubleEndedIterator<Item = &'a Ident>) -> TokenStream {
    idents
        .rev()
        .fold(quote!(()), |rest, ident| quote!((#ident, #rest)))
}
