//! The bodies of `async` blocks beside other operations: functions that the frame is told of before each await of
//! theirs, so that they can be entered on a resume, too. Their types are found out where they begin.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream};
use quote::{quote, quote_spanned};

use super::super::ir::{Capture, Inner};
use super::super::last::Last;
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
            last,
        } = block;
        let (frame, runtime) = (frame(Span::call_site()), self.runtime);
        let description = quote!(#runtime::protocol::description::Description);
        let (code, points, graph) = (&lowered.code, &lowered.points, &lowered.graph);
        let codecs = list(captured.iter().map(|capture| &capture.codec));
        let captured = list(captured.iter().map(|capture| &capture.ident));
        let given = list(provided.iter());
        let this = provided.iter().find(|ident| *ident == "__this");
        let this = this.map(|this| quote!(let #this = &*#this;));
        let [value, gives] = ["__value", "__gives"].map(|name| macros_own(name, last.begin));
        let end = self.end(&value, *last);
        // In braces, which have a place of the user's.
        let coded = quote_spanned!(last.begin=> { &#link }.value());
        let code = self.value(code, *last);
        let boxed = quote_spanned! {last.begin=>
            ::std::boxed::Box::pin(async move {
                #this
                let #value = #gives.this(#code);
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

    /// The value of a block: the expression begins and ends, for the compiler, where the last one in it does.
    fn value(&self, code: &TokenStream, last: Last) -> TokenStream {
        let runtime = self.runtime;
        let looks = last.is_a_call.then(|| {
            quote! {
                #[allow(unused_imports)]
                use #runtime::operation::block::AtTheEnd as _;
            }
        });
        let mut code = Group::new(Delimiter::Brace, quote!(#looks #code));
        code.set_span(last.begin);
        let begin = quote_spanned!(last.begin=> async);
        let end = quote_spanned!(last.end=> .await);
        quote!(#begin #code #end)
    }

    /// What is stored of the error of a block.
    fn end(&self, value: &Ident, last: Last) -> TokenStream {
        // As the macro's own code, so that the compiler does not propose to change it.
        let at = Span::mixed_site().located_at(last.begin);
        let runtime = located(self.runtime, at);
        quote_spanned! {at=> {
            #[allow(unused_imports)]
            use #runtime::operation::block::NoResult as _;
            match #runtime::operation::block::Value(&#value).error() {
                ::core::option::Option::None => ::core::result::Result::Ok(()),
                ::core::option::Option::Some(probe) => {
                    #[allow(unused_imports)]
                    use #runtime::error::{NotAnError as _, StoredAsText as _, StoredWithValue as _};
                    ::core::result::Result::Err((&&&probe).stored())
                }
            }
        }}
    }
}

fn macros_own(name: &str, at: Span) -> Ident {
    Ident::new(name, Span::mixed_site().located_at(at))
}

fn list<'a>(idents: impl DoubleEndedIterator<Item = &'a Ident>) -> TokenStream {
    idents
        .rev()
        .fold(quote!(()), |rest, ident| quote!((#ident, #rest)))
}
