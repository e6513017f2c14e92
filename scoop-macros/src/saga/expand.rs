//! What a saga expands to.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};

use super::Saga;
use crate::expansion;
use crate::lower::frame_ident;

/// The expansion. The function that makes the call is there even when there were mistakes, so that
/// those who call the saga still compile.
pub(super) fn expand(saga: &Saga) -> TokenStream {
    let runtime = saga.args.runtime();
    let function = &saga.function;
    let marker = format_ident!("__{}", function.sig.ident);
    let (vis, attrs, ident) = (&function.vis, &function.attrs, &function.sig.ident);
    let idents = saga.arguments.iter().map(|argument| &argument.ident);
    let written = saga.arguments.iter().map(|argument| &argument.written);
    let encoded = expansion::encoded(&runtime, &saga.arguments);
    let definition = definition(saga, &marker, &runtime);
    let body = body(saga, &runtime);
    let checks = expansion::checks(&runtime, &saga.arguments, &saga.output);
    quote! {
        #[doc(hidden)]
        #[allow(non_camel_case_types)]
        #vis enum #marker {}

        #(#attrs)*
        #[allow(clippy::needless_pass_by_value, clippy::ptr_arg, clippy::too_many_arguments)]
        #vis fn #ident(#(#idents: #written),*) -> #runtime::operation::SagaCall<#marker> {
            #runtime::operation::SagaCall::new(#encoded)
        }

        const _: () = {
            #definition
            #body
            #checks
        };
    }
}

/// The description, the descriptor, and what ties them to the hidden type.
fn definition(saga: &Saga, marker: &Ident, runtime: &TokenStream) -> TokenStream {
    let (ok, error) = expansion::ok_and_error(runtime, &saga.output);
    let description = quote!(#runtime::protocol::description);
    let ident = &saga.function.sig.ident;
    let name = expansion::stored_name(saga.args.name.as_ref(), ident);
    let line = quote_spanned!(ident.span()=> ::core::line!());
    let (points, graph) = match &saga.lowered {
        Some(lowered) => (lowered.points.clone(), lowered.graph.clone()),
        None => (Vec::new(), quote!(#description::Node::Return)),
    };
    quote! {
        const DESCRIPTION: #description::Description = #description::Description {
            saga: #name,
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

            fn decode_ok(
                stored: &#runtime::codec::Stored,
            ) -> ::core::result::Result<#ok, #runtime::codec::CodecError> {
                #[allow(unused_imports)]
                use #runtime::operation::{CannotDecode as _, Decode as _};
                (&&#runtime::operation::DecodeProbe::<#ok>::new()).decode(stored)
            }

            fn decode_error(
                stored: &#runtime::codec::Stored,
            ) -> ::core::result::Result<#error, #runtime::codec::CodecError> {
                #[allow(unused_imports)]
                use #runtime::operation::{CannotDecode as _, Decode as _};
                (&&#runtime::operation::DecodeProbe::<#error>::new()).decode(stored)
            }
        }
        #runtime::inventory::submit! {
            #runtime::operation::saga::RegisteredSaga(&DESCRIPTOR)
        }
    }
}

/// The lowered body, and the function that makes it from stored arguments.
fn body(saga: &Saga, runtime: &TokenStream) -> TokenStream {
    let Some(lowered) = &saga.lowered else {
        return quote! {
            fn __start(
                _: #runtime::operation::saga::BodyInput,
            ) -> #runtime::operation::saga::BodyStart {
                ::core::unreachable!()
            }
        };
    };
    let frame = frame_ident();
    let (output, code) = (&saga.output.ty, &lowered.code);
    let names: Vec<Ident> = saga
        .arguments
        .iter()
        .map(|argument| {
            if argument.is_borrowed() {
                format_ident!("__owned_{}", argument.ident)
            } else {
                argument.ident.clone()
            }
        })
        .collect();
    let params = saga.arguments.iter().zip(&names).map(|(argument, name)| {
        let (stored, mutable) = (&argument.stored, argument.mutable.then(|| quote!(mut)));
        quote!(#mutable #name: #stored)
    });
    let decoded = expansion::decoded(runtime, &saga.arguments, &quote!(input.input), &names);
    let end = expansion::stored_end(runtime, &saga.output, &quote!(&output));
    quote! {
        #[allow(
            unused, irrefutable_let_patterns, nonstandard_style, let_underscore_drop,
            clippy::all, clippy::pedantic, clippy::nursery
        )]
        async fn __body(mut #frame: #runtime::frame::Frame, #(#params),*) -> #output {
            #code
        }

        fn __start(
            input: #runtime::operation::saga::BodyInput,
        ) -> #runtime::operation::saga::BodyStart {
            #decoded
            let frame = input.frame;
            ::core::result::Result::Ok(::std::boxed::Box::pin(async move {
                let output: #output = __body(frame, #(#names),*).await;
                #end
            }))
        }
    }
}
