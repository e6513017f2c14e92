//! What stands in the place of a function with mistakes: a call with the same signature, so that
//! what uses it gets no errors of its own.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{ItemFn, Token};

use crate::attribute::saga::SagaArguments;
use crate::attribute::step::{Kind, StepArguments};
use crate::expansion::{Expansion, Shape};
use crate::signature::Function;

/// The call of a step, as far as the signature could be understood; otherwise the function as it
/// is.
pub(crate) fn step(function: &Function, arguments: &StepArguments) -> Expansion {
    let shape = Shape {
        function,
        krate: &arguments.krate,
    };
    if !function.understood {
        let item = &function.item;
        return Expansion {
            function: quote!(#item),
            beside: TokenStream::new(),
        };
    }
    let (call, kept) = (shape.call_that_cannot_run(), kept(function, arguments));
    let (item, definition) = (shape.marker_item(), step_definition(shape, arguments));
    let (in_place, inside) = if function.owner.is_some() {
        (Some(kept), None)
    } else {
        (None, Some(kept))
    };
    Expansion {
        function: quote!(#call #in_place),
        beside: quote! {
            #item
            const _: () = {
                #inside
                #definition
            };
        },
    }
}

/// The call of a saga. Its body is not looked at: what it awaits can be awaited in no other
/// function.
pub(crate) fn saga(function: &Function, arguments: &SagaArguments) -> Expansion {
    let shape = Shape {
        function,
        krate: &arguments.krate,
    };
    if !function.understood {
        return Expansion {
            function: without_body(function.item.clone()),
            beside: TokenStream::new(),
        };
    }
    let (call, item) = (shape.call_that_cannot_run(), shape.marker_item());
    let definition = if arguments.inline {
        inline_definition(shape)
    } else {
        saga_definition(shape)
    };
    Expansion {
        function: call,
        beside: quote! {
            #item
            const _: () = {
                #definition
            };
        },
    }
}

/// A function whose body is left out.
pub(crate) fn without_body(mut item: ItemFn) -> TokenStream {
    *item.block = syn::parse_quote!({ ::core::unreachable!("this saga does not compile") });
    quote!(#[allow(unused_variables, unused_mut)] #item)
}

/// A definition that tells a saga all that it asks for, and cannot run.
fn step_definition(shape: Shape<'_>, arguments: &StepArguments) -> TokenStream {
    let (runtime, operation, marker) = (shape.runtime(), shape.operation(), shape.marker());
    let description = quote!(#runtime::protocol::description);
    let (output, name) = (shape.output(), shape.stored_name(arguments.name.as_ref()));
    let kind = arguments.kind.as_ref().unwrap_or(&Kind::ReadOnly).variant();
    let fallible = shape.function.output.fallible;
    quote! {
        impl #operation::Step for #marker {
            type Output = #output;

            const META: #description::OperationMeta = #description::OperationMeta {
                name: #name,
                kind: #description::OperationKind::Step(#description::StepKind::#kind),
                fallible: #fallible,
                rollback: ::core::option::Option::None,
            };

            fn descriptor() -> &'static #operation::step::StepDescriptor {
                ::core::unreachable!("this step does not compile")
            }
        }
    }
}

/// The same for those who start or await a saga.
fn saga_definition(shape: Shape<'_>) -> TokenStream {
    let (runtime, operation, marker) = (shape.runtime(), shape.operation(), shape.marker());
    let (output, ok) = (shape.output(), shape.value());
    let error = shape.error().unwrap_or_else(|| quote!(#operation::Never));
    let codec = quote!(#runtime::codec);
    let description = quote!(#runtime::protocol::description);
    quote! {
        impl #operation::Saga for #marker {
            type Output = #output;
            type Ok = #ok;
            type Error = #error;

            const META: #description::OperationMeta = #description::OperationMeta {
                name: "",
                kind: #description::OperationKind::Saga,
                fallible: true,
                rollback: ::core::option::Option::None,
            };

            fn output(
                _: ::core::result::Result<#ok, #error>,
            ) -> ::core::option::Option<#output> {
                ::core::unreachable!("this saga does not compile")
            }

            fn descriptor() -> &'static #operation::saga::SagaDescriptor {
                ::core::unreachable!("this saga does not compile")
            }

            fn decode_ok(_: &#codec::Stored) -> ::core::result::Result<#ok, #codec::CodecError> {
                ::core::unreachable!("this saga does not compile")
            }

            fn decode_error(
                _: &#codec::Stored,
            ) -> ::core::result::Result<#error, #codec::CodecError> {
                ::core::unreachable!("this saga does not compile")
            }
        }
    }
}

/// The same for those who await a function of a saga.
fn inline_definition(shape: Shape<'_>) -> TokenStream {
    let (runtime, operation, marker) = (shape.runtime(), shape.operation(), shape.marker());
    let (output, description) = (shape.output(), quote!(#runtime::protocol::description));
    quote! {
        impl #operation::inline::Inline for #marker {
            type Output = #output;

            const DESCRIPTION: &'static #description::Description = &#description::Description {
                saga: "",
                points: &[],
                graph: #description::Node::Sequence(&[]),
            };

            fn enter(
                _: #operation::saga::BodyInput,
            ) -> #operation::inline::InlineStart<#output> {
                ::core::unreachable!("this saga does not compile")
            }
        }
    }
}

/// The user's own function, so that its body is checked and completed all the same.
fn kept(function: &Function, arguments: &StepArguments) -> TokenStream {
    let mut function = function.clone();
    let sig = &mut function.item.sig;
    if arguments.blocking.is_none() {
        // What awaits in its body needs it, and that it is missing has been said.
        sig.asyncness.get_or_insert_with(<Token![async]>::default);
    } else {
        sig.asyncness = None;
    }
    sig.constness = None;
    let kept = crate::step::kept(&function);
    quote!(#[allow(dead_code)] #kept)
}
