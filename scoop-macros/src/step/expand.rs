//! What a step expands to.

use std::time::Duration;

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;

use super::parse::{Parameter, Step};
use super::undo;
use crate::attribute::step::{Kind, RetryArgs};
use crate::diagnostics::Mistakes;
use crate::expansion;

/// The expansion. The function that makes the call is there even when there were mistakes, so that
/// the sagas that use it still compile.
pub(super) fn expand(step: &Step, mistakes: &mut Mistakes) -> TokenStream {
    let runtime = step.args.runtime();
    let marker = step.marker();
    let function = &step.function;
    let (vis, attrs, ident) = (&function.vis, &function.attrs, &function.sig.ident);
    let idents = step.arguments.iter().map(|argument| &argument.ident);
    let written = step.arguments.iter().map(|argument| &argument.written);
    let encoded = expansion::encoded(&runtime, &step.arguments);
    let definition = definition(step, &runtime, mistakes);
    quote! {
        #[doc(hidden)]
        #[allow(non_camel_case_types)]
        #vis enum #marker {}

        #(#attrs)*
        #[allow(clippy::needless_pass_by_value, clippy::ptr_arg, clippy::too_many_arguments)]
        #vis fn #ident(#(#idents: #written),*) -> #runtime::operation::StepCall<#marker> {
            #runtime::operation::StepCall::new(#encoded)
        }

        #definition
    }
}

fn definition(step: &Step, runtime: &TokenStream, mistakes: &mut Mistakes) -> TokenStream {
    let (marker, output) = (step.marker(), &step.output.ty);
    let original = original(step);
    let run = run(step, runtime);
    let checks = expansion::checks(runtime, &step.arguments, &step.output);
    let meta = meta(step, runtime);
    let retry = retry(step.args.retry.as_ref(), runtime);
    let retry_on = retry_on(step);
    let timeout = match &step.args.timeout {
        Some(timeout) => {
            let limit = duration(timeout.limit);
            quote!(::core::option::Option::Some(#limit))
        }
        None => quote!(::core::option::Option::None),
    };
    let resources = step
        .parameters
        .iter()
        .filter_map(|parameter| match parameter {
            Parameter::Resource(ty) => Some(quote!(#runtime::resource::ResourceType::of::<#ty>())),
            Parameter::Stored(_) => None,
        });
    let (undo, undo_items) = undo::expand(step, runtime, mistakes);
    quote! {
        const _: () = {
            #original
            #run
            #checks
            #undo_items
            static DESCRIPTOR: #runtime::operation::step::StepDescriptor =
                #runtime::operation::step::StepDescriptor {
                    meta: <#marker as #runtime::operation::Step>::META,
                    retry: #retry,
                    retry_on: #retry_on,
                    timeout: #timeout,
                    resources: || ::std::vec![#(#resources),*],
                    run: __run,
                    undo: #undo,
                };
            impl #runtime::operation::Step for #marker {
                type Output = #output;

                const META: #runtime::protocol::description::OperationMeta = #meta;

                fn descriptor() -> &'static #runtime::operation::step::StepDescriptor {
                    &DESCRIPTOR
                }
            }
            #runtime::inventory::submit! {
                #runtime::operation::step::RegisteredStep(&DESCRIPTOR)
            }
        };
    }
}

/// The user's function, as it is.
fn original(step: &Step) -> TokenStream {
    let mut function = step.function.clone();
    function.attrs.clear();
    function.vis = syn::Visibility::Inherited;
    function.sig.ident = Ident::new("__step", function.sig.ident.span());
    quote!(#[allow(clippy::too_many_arguments, clippy::unused_async)] #function)
}

/// One attempt: decodes the arguments, gets the resources, calls the user's function.
fn run(step: &Step, runtime: &TokenStream) -> TokenStream {
    let names: Vec<Ident> = (0..step.arguments.len())
        .map(|index| format_ident!("argument{index}"))
        .collect();
    let types: Vec<_> = step
        .arguments
        .iter()
        .map(|argument| &argument.stored)
        .collect();
    let decoded = expansion::decoded(runtime, &step.arguments, &quote!(stored), &names);
    let (mut resources, mut passed) = (Vec::new(), Vec::new());
    for (index, parameter) in step.parameters.iter().enumerate() {
        match parameter {
            Parameter::Stored(at) => {
                let name = &names[*at];
                let borrow = step.arguments[*at].is_borrowed().then(|| quote!(&));
                passed.push(quote!(#borrow #name));
            }
            Parameter::Resource(ty) => {
                let name = format_ident!("resource{index}");
                resources.push(quote! {
                    let ::core::option::Option::Some(#name) = input.resources.get::<#ty>() else {
                        return #runtime::operation::StepEnd::MissingResource(
                            #runtime::resource::ResourceType::of::<#ty>(),
                        );
                    };
                });
                passed.push(quote!(#name));
            }
        }
    }
    let call = if step.args.blocking {
        quote!(#runtime::operation::blocking(move || __step(#(#passed),*)).await)
    } else {
        quote!(__step(#(#passed),*).await)
    };
    let stored = expansion::stored_end(runtime, &step.output, &quote!(&output));
    let output = &step.output.ty;
    quote! {
        #[allow(clippy::type_complexity)]
        fn __decode(
            stored: &#runtime::codec::Stored,
        ) -> ::core::result::Result<(#(#types,)*), #runtime::codec::CodecError> {
            #decoded
            ::core::result::Result::Ok((#(#names,)*))
        }

        fn __run(
            input: #runtime::operation::step::StepInput,
        ) -> #runtime::environment::BoxFuture<'static, #runtime::operation::StepEnd> {
            ::std::boxed::Box::pin(async move {
                let (#(#names,)*) = match __decode(&input.arguments) {
                    ::core::result::Result::Ok(arguments) => arguments,
                    ::core::result::Result::Err(error) => {
                        return #runtime::operation::StepEnd::Undecodable(error);
                    }
                };
                #(#resources)*
                let output: #output = #call;
                let stored = #stored;
                #runtime::operation::StepEnd::Returned {
                    value: ::std::boxed::Box::new(output),
                    stored,
                }
            })
        }
    }
}

fn meta(step: &Step, runtime: &TokenStream) -> TokenStream {
    let description = quote!(#runtime::protocol::description);
    let name = expansion::stored_name(step.args.name.as_ref(), &step.function.sig.ident);
    let fallible = step.output.fallible;
    let kind = match &step.kind {
        Kind::Compensatable(_) => quote!(Compensatable),
        Kind::Pivot => quote!(Pivot),
        Kind::Retriable => quote!(Retriable),
        Kind::ReadOnly => quote!(ReadOnly),
    };
    let rollback = match &step.kind {
        Kind::Compensatable(path) => {
            let name = undo::path_text(path);
            quote!(::core::option::Option::Some(#name))
        }
        _ => quote!(::core::option::Option::None),
    };
    quote! {
        #description::OperationMeta {
            name: #name,
            kind: #description::OperationKind::Step(#description::StepKind::#kind),
            fallible: #fallible,
            rollback: #rollback,
        }
    }
}

/// A retry policy as a constant.
pub(super) fn retry(retry: Option<&RetryArgs>, runtime: &TokenStream) -> TokenStream {
    let Some(retry) = retry else {
        return quote!(::core::option::Option::None);
    };
    let max = match retry.max {
        None | Some(None) => quote!(::core::option::Option::None),
        Some(Some(max)) => quote!(::core::option::Option::Some(#max)),
    };
    let (first, longest) = retry
        .backoff
        .unwrap_or((Duration::from_millis(100), Duration::from_secs(30)));
    let (first, longest) = (duration(first), duration(longest));
    quote! {
        ::core::option::Option::Some(#runtime::operation::step::Retry {
            max: #max,
            first: #first,
            longest: #longest,
        })
    }
}

/// `retry(on = predicate)`: asks the user's function about the error in the boxed output.
fn retry_on(step: &Step) -> TokenStream {
    let Some(path) = step.args.retry.as_ref().and_then(|retry| retry.on.as_ref()) else {
        return quote!(::core::option::Option::None);
    };
    let output = &step.output.ty;
    let call = quote_spanned!(path.span()=> #path(error));
    quote! {
        ::core::option::Option::Some(|output| {
            match output.downcast_ref::<#output>() {
                ::core::option::Option::Some(::core::result::Result::Err(error)) => #call,
                _ => false,
            }
        })
    }
}

fn duration(duration: Duration) -> TokenStream {
    let (secs, nanos) = (duration.as_secs(), duration.subsec_nanos());
    quote!(::core::time::Duration::new(#secs, #nanos))
}
