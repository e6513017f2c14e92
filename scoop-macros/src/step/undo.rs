//! The rollback of a step: an ordinary function, checked against the step's signature.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Path, Type};

use super::expand::retry;
use super::parse::Step;
use crate::attribute::step::Kind;
use crate::diagnostics::Mistakes;
use crate::expansion;

/// The descriptor of the rollback, and the items that it needs.
pub(super) fn expand(
    step: &Step,
    runtime: &TokenStream,
    mistakes: &mut Mistakes,
) -> (TokenStream, TokenStream) {
    let Kind::Compensatable(path) = &step.kind else {
        if step.args.undo.is_some() {
            mistakes.add(
                step.function.sig.ident.span(),
                "`undo(..)` is about the rollback, and this step has none",
            );
        }
        return (quote!(::core::option::Option::None), TokenStream::new());
    };
    let name = path_text(path);
    let retry = retry(step.args.undo.as_ref(), runtime);
    let descriptor = quote! {
        ::core::option::Option::Some(#runtime::operation::step::UndoDescriptor {
            name: ::core::concat!(::core::module_path!(), "::", #name),
            takes_outcome: || __takes_outcome(&#path),
            retry: #retry,
            resources: || __undo_resources(&#path),
            run: __undo,
        })
    };
    (descriptor, items(step, path, runtime))
}

fn items(step: &Step, path: &Path, runtime: &TokenStream) -> TokenStream {
    let rollback = local_trait(step, path, runtime);
    let undo = undo(step, path, runtime);
    let knows_doubt = step.args.timeout.as_ref().map(|timeout| {
        let check = quote_spanned!(timeout.span=> __knows_doubt(&#path););
        quote! {
            fn __knows_doubt<'a, Tail, R>(_: &R)
            where
                R: __Rollback<'a, Tail>,
                Tail: #runtime::operation::UndoTail,
                <Tail as #runtime::operation::UndoTail>::Output:
                    #runtime::operation::AcceptsUnknown,
            {
            }
            #[allow(dead_code)]
            fn __check_doubt() {
                #check
            }
        }
    });
    quote! {
        #rollback
        fn __takes_outcome<'a, Tail, R: __Rollback<'a, Tail>>(_: &R) -> bool {
            R::TAKES_OUTCOME
        }
        fn __undo_resources<'a, Tail, R: __Rollback<'a, Tail>>(
            _: &R,
        ) -> ::std::vec::Vec<#runtime::resource::ResourceType> {
            R::resources()
        }
        #knows_doubt
        #undo
    }
}

/// The trait that only rollbacks of this step implement, one for each number of extra arguments.
fn local_trait(step: &Step, path: &Path, runtime: &TokenStream) -> TokenStream {
    let step_name = step.function.sig.ident.to_string();
    let rollback = path_text(path);
    let message = format!("`{rollback}` cannot undo the step `{step_name}`");
    let wanted = format!("it has to be `{}`", wanted(step, path));
    let output_text = text(&ok_type(step));
    let more = format!(
        "instead of `{output_text}` it may take `scoop::Outcome<{output_text}>`; after that may \
         follow `scoop::Failure` and `scoop::Resource<..>`s"
    );
    let (ok, _) = expansion::ok_and_error(runtime, &step.output);
    let types: Vec<TokenStream> = step
        .arguments
        .iter()
        .map(|argument| match &argument.written {
            Type::Reference(reference) => {
                let elem = &reference.elem;
                quote!(&'a #elem)
            }
            ty => quote!(#ty),
        })
        .collect();
    let impls = (1..=4).map(|count| tail_impl(count, &types, &ok, runtime));
    quote! {
        #[diagnostic::on_unimplemented(
            message = #message,
            label = "this function has another signature than the rollback of this step",
            note = #wanted,
            note = #more
        )]
        trait __Rollback<'a, Tail> {
            const TAKES_OUTCOME: bool;
            fn resources() -> ::std::vec::Vec<#runtime::resource::ResourceType>;
            fn undo(
                &self,
                arguments: (#(#types,)*),
                output: ::core::option::Option<#ok>,
                failure: &#runtime::protocol::failure::StoredFailure,
                resources: &#runtime::resource::Resources,
            ) -> ::core::result::Result<
                #runtime::environment::BoxFuture<
                    'a,
                    ::core::result::Result<(), #runtime::protocol::failure::StoredError>,
                >,
                #runtime::resource::ResourceType,
            >;
        }
        #(#impls)*
    }
}

/// The implementation for functions with this many arguments after the step's own.
fn tail_impl(
    count: usize,
    types: &[TokenStream],
    ok: &TokenStream,
    runtime: &TokenStream,
) -> TokenStream {
    let names: Vec<Ident> = (0..types.len())
        .map(|index| format_ident!("argument{index}"))
        .collect();
    let extra_count = count - 1;
    let extras: Vec<Ident> = (1..count).map(|index| format_ident!("X{index}")).collect();
    quote! {
        #[diagnostic::do_not_recommend]
        impl<'a, F, Fut, E, Out, #(#extras),*> __Rollback<'a, (Out, #(#extras,)*)> for F
        where
            F: ::core::ops::Fn(#(#types,)* Out, #(#extras),*) -> Fut,
            Fut: ::core::future::Future<Output = ::core::result::Result<(), E>>
                + ::core::marker::Send
                + 'a,
            E: #runtime::error::Describe,
            Out: #runtime::operation::UndoneOutput<#ok>,
            #(#extras: #runtime::operation::UndoExtra,)*
        {
            const TAKES_OUTCOME: bool =
                <Out as #runtime::operation::UndoneOutput<#ok>>::TAKES_OUTCOME;

            fn resources() -> ::std::vec::Vec<#runtime::resource::ResourceType> {
                let wanted: [::core::option::Option<#runtime::resource::ResourceType>; #extra_count] =
                    [#(<#extras as #runtime::operation::UndoExtra>::resource()),*];
                wanted.into_iter().flatten().collect()
            }

            #[allow(unused_variables)]
            fn undo(
                &self,
                (#(#names,)*): (#(#types,)*),
                output: ::core::option::Option<#ok>,
                failure: &#runtime::protocol::failure::StoredFailure,
                resources: &#runtime::resource::Resources,
            ) -> ::core::result::Result<
                #runtime::environment::BoxFuture<
                    'a,
                    ::core::result::Result<(), #runtime::protocol::failure::StoredError>,
                >,
                #runtime::resource::ResourceType,
            > {
                let output = <Out as #runtime::operation::UndoneOutput<#ok>>::from_output(output)
                    .expect("the engine calls a rollback without the output only if it takes an `Outcome`");
                let undoing = self(
                    #(#names,)*
                    output,
                    #(<#extras as #runtime::operation::UndoExtra>::from_undo(failure, resources)?),*
                );
                ::core::result::Result::Ok(::std::boxed::Box::pin(async move {
                    undoing
                        .await
                        .map_err(|error| #runtime::error::Describe::describe(&error))
                }))
            }
        }
    }
}

/// One attempt at the compensation.
fn undo(step: &Step, path: &Path, runtime: &TokenStream) -> TokenStream {
    let (ok, _) = expansion::ok_and_error(runtime, &step.output);
    let names: Vec<Ident> = (0..step.arguments.len())
        .map(|index| format_ident!("argument{index}"))
        .collect();
    let passed = step.arguments.iter().zip(&names).map(|(argument, name)| {
        let borrow = argument.is_borrowed().then(|| quote!(&));
        quote!(#borrow #name)
    });
    let call = quote_spanned! {path.span()=>
        __Rollback::undo(&#path, (#(#passed,)*), output, &input.failure, &input.resources)
    };
    quote! {
        fn __decode_output(
            stored: &#runtime::codec::Stored,
        ) -> ::core::result::Result<#ok, #runtime::codec::CodecError> {
            #[allow(unused_imports)]
            use #runtime::operation::{CannotDecode as _, Decode as _};
            (&&#runtime::operation::DecodeProbe::<#ok>::new()).decode(stored)
        }

        fn __undo(
            input: #runtime::operation::step::UndoInput,
        ) -> #runtime::environment::BoxFuture<'static, #runtime::operation::step::UndoEnd> {
            ::std::boxed::Box::pin(async move {
                let decoded = __decode(&input.arguments).and_then(|arguments| {
                    let output = input.output.as_ref().map(__decode_output).transpose()?;
                    ::core::result::Result::Ok((arguments, output))
                });
                let ((#(#names,)*), output) = match decoded {
                    ::core::result::Result::Ok(decoded) => decoded,
                    ::core::result::Result::Err(error) => {
                        return #runtime::operation::step::UndoEnd::Undecodable(error);
                    }
                };
                match #call {
                    ::core::result::Result::Ok(undoing) => {
                        #runtime::operation::step::UndoEnd::Returned(undoing.await)
                    }
                    ::core::result::Result::Err(missing) => {
                        #runtime::operation::step::UndoEnd::MissingResource(missing)
                    }
                }
            })
        }
    }
}

/// The signature that a rollback of this step has, as Rust.
fn wanted(step: &Step, path: &Path) -> String {
    let mut parameters: Vec<String> = step
        .arguments
        .iter()
        .map(|argument| format!("{}: {}", argument.ident, text(&argument.written)))
        .collect();
    parameters.push(format!("output: {}", text(&ok_type(step))));
    let name = path
        .segments
        .last()
        .map(|last| last.ident.to_string())
        .unwrap_or_default();
    format!(
        "async fn {name}({}) -> Result<(), ..>",
        parameters.join(", ")
    )
}

/// The type in `Ok`, as far as it can be seen.
fn ok_type(step: &Step) -> Type {
    let ty = &step.output.ty;
    if step.output.fallible
        && let Type::Path(path) = ty
        && let Some(last) = path.path.segments.last()
        && let syn::PathArguments::AngleBracketed(arguments) = &last.arguments
        && let Some(syn::GenericArgument::Type(ok)) = arguments.args.first()
    {
        return ok.clone();
    }
    ty.clone()
}

/// Tokens as a person writes them.
fn text(tokens: &impl ToTokens) -> String {
    let mut text = tokens.to_token_stream().to_string();
    for (from, to) in [
        (" :: ", "::"),
        (" < ", "<"),
        (" >", ">"),
        ("& ", "&"),
        (" ,", ","),
        ("< ", "<"),
    ] {
        text = text.replace(from, to);
    }
    text
}

/// A path as a person writes it.
pub(super) fn path_text(path: &Path) -> String {
    path.to_token_stream().to_string().replace(' ', "")
}
