//! What a saga expands to.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::ItemFn;
use syn::spanned::Spanned;

use super::signature::Signature;
use crate::attribute::saga::SagaArgs;
use crate::lower::{Lowered, frame_ident};

/// The names that an expansion is made of.
pub(crate) struct Names {
    runtime: TokenStream,
    /// The hidden type that stands for the saga.
    marker: Ident,
    /// The stored name: an expression.
    stored: TokenStream,
}

impl Names {
    pub(crate) fn new(function: &ItemFn, args: &SagaArgs, runtime: TokenStream) -> Self {
        let ident = &function.sig.ident;
        let name = ident.to_string();
        let stored = match &args.name {
            Some(name) => quote!(#name),
            None => quote!(::core::concat!(::core::module_path!(), "::", #name)),
        };
        Self {
            runtime,
            marker: format_ident!("__{ident}"),
            stored,
        }
    }
}

/// The expansion; without a lowered body where there were mistakes, so that callers of the saga
/// still compile.
pub(super) fn expand(
    function: &ItemFn,
    signature: &Signature,
    lowered: Option<&Lowered>,
    names: &Names,
) -> TokenStream {
    let Names {
        runtime, marker, ..
    } = names;
    let (vis, attrs, ident) = (&function.vis, &function.attrs, &function.sig.ident);
    let idents: Vec<_> = signature
        .arguments
        .iter()
        .map(|argument| &argument.ident)
        .collect();
    let written: Vec<_> = signature
        .arguments
        .iter()
        .map(|argument| &argument.written)
        .collect();
    let encoded = encoded(runtime, &idents);
    let definition = definition(function, signature, lowered, names);
    quote! {
        #[doc(hidden)]
        #[allow(non_camel_case_types)]
        #vis enum #marker {}

        #(#attrs)*
        #vis fn #ident(#(#idents: #written),*) -> #runtime::operation::SagaCall<#marker> {
            #runtime::operation::SagaCall::new(#encoded)
        }

        #definition
    }
}

/// The arguments as a JSON array.
fn encoded(runtime: &TokenStream, idents: &[&Ident]) -> TokenStream {
    if idents.is_empty() {
        return quote!(#runtime::codec::Stored::encode(&[(); 0]));
    }
    quote!(#runtime::codec::Stored::encode(&(#(&#idents,)*)))
}

fn definition(
    function: &ItemFn,
    signature: &Signature,
    lowered: Option<&Lowered>,
    names: &Names,
) -> TokenStream {
    let Names {
        runtime,
        marker,
        stored,
    } = names;
    let (output, span) = (&signature.output, signature.output.span());
    let (ok, error) = if signature.fallible {
        (
            quote!(<#output as #runtime::operation::Fallible>::Ok),
            quote!(<#output as #runtime::operation::Fallible>::Error),
        )
    } else {
        (quote!(#output), quote!(#runtime::operation::Never))
    };
    let fn_span = function.sig.ident.span();
    let line = quote_spanned!(fn_span=> ::core::line!());
    let (points, graph) = match lowered {
        Some(lowered) => (lowered.points.clone(), lowered.graph.clone()),
        None => (
            Vec::new(),
            quote!(#runtime::protocol::description::Node::Return),
        ),
    };
    let body = body(signature, lowered, names);
    let checks = checks(signature, runtime);
    quote_spanned! {span=>
        const _: () = {
            const DESCRIPTION: #runtime::protocol::description::Description =
                #runtime::protocol::description::Description {
                    saga: #stored,
                    points: &[#(#points),*],
                    graph: #graph,
                };
            static DESCRIPTOR: #runtime::operation::saga::SagaDescriptor =
                #runtime::operation::saga::SagaDescriptor {
                    description: &DESCRIPTION,
                    file: ::core::file!(),
                    line: #line,
                    resources: ::std::vec::Vec::new,
                    body: __start,
                };
            impl #runtime::operation::Saga for #marker {
                type Ok = #ok;
                type Error = #error;

                fn descriptor() -> &'static #runtime::operation::saga::SagaDescriptor {
                    &DESCRIPTOR
                }
            }
            #runtime::inventory::submit! {
                #runtime::operation::saga::RegisteredSaga(&DESCRIPTOR)
            }
            #body
            #checks
        };
    }
}

/// The lowered body, and the function that starts it from stored arguments.
fn body(signature: &Signature, lowered: Option<&Lowered>, names: &Names) -> TokenStream {
    let runtime = &names.runtime;
    let Some(lowered) = lowered else {
        return quote! {
            fn __start(
                _: #runtime::operation::saga::BodyInput,
            ) -> #runtime::operation::saga::BodyStart {
                ::core::unreachable!()
            }
        };
    };
    let frame = frame_ident();
    let (output, code) = (&signature.output, &lowered.code);
    let stored: Vec<_> = signature
        .arguments
        .iter()
        .map(|argument| &argument.stored)
        .collect();
    let idents: Vec<_> = signature
        .arguments
        .iter()
        .map(|argument| argument.owned_ident())
        .collect();
    let params = signature.arguments.iter().map(|argument| {
        let (ident, stored) = (argument.owned_ident(), &argument.stored);
        let mutable = argument.mutable.then(|| quote!(mut));
        quote!(#mutable #ident: #stored)
    });
    let decode = if stored.is_empty() {
        quote!(let []: [(); 0] = input.input.decode()?;)
    } else {
        quote!(let (#(#idents,)*): (#(#stored,)*) = input.input.decode()?;)
    };
    let end = if signature.fallible {
        quote!(fallible_end)
    } else {
        quote!(infallible_end)
    };
    quote! {
        #[allow(
            unused, unreachable_code, irrefutable_let_patterns, non_camel_case_types,
            let_underscore_drop, clippy::all, clippy::pedantic, clippy::nursery
        )]
        async fn __body(mut #frame: #runtime::frame::Frame, #(#params),*) -> #output {
            #code
        }

        fn __start(
            input: #runtime::operation::saga::BodyInput,
        ) -> #runtime::operation::saga::BodyStart {
            #decode
            let frame = input.frame;
            ::core::result::Result::Ok(::std::boxed::Box::pin(async move {
                #runtime::operation::#end(__body(frame, #(#idents),*).await)
            }))
        }
    }
}

/// Functions that are never called, whose bounds point at the user's own types.
fn checks(signature: &Signature, runtime: &TokenStream) -> TokenStream {
    let stored = signature.arguments.iter().map(|argument| {
        let (ty, span) = (&argument.stored, argument.written.span());
        quote_spanned!(span=> #runtime::operation::storable::<#ty>();)
    });
    quote! {
        #[allow(dead_code)]
        fn __checks() {
            #(#stored)*
        }
    }
}
