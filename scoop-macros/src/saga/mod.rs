//! `#[saga]`: an async function becomes one that survives crashes. Parse, check, lower, expand.

mod body;
mod definition;
mod inline;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Error, ItemFn};

use crate::attribute::saga::SagaArguments;
use crate::diagnostics::Mistakes;
use crate::expansion::{Expansion, Shape, argument_codec};
use crate::fallback;
use crate::lower::{self, Kept, Lowered, Param};
use crate::signature::{Form, Function, Marked, Owner, Parameter, Source};

/// A saga that is a free function.
pub(crate) fn expand(arguments: TokenStream, item: TokenStream) -> (TokenStream, Vec<Error>) {
    let Ok(function) = syn::parse2::<ItemFn>(item.clone()) else {
        let error = Error::new_spanned(&item, "`#[saga]` stands on an `async fn` with a body");
        return (item, vec![error]);
    };
    let (expansion, errors) = expand_fn(arguments, function, None);
    let Expansion { function, beside } = expansion;
    (quote!(#function #beside), errors)
}

/// A saga that is a free function, or a method of `owner`.
pub(crate) fn expand_fn(
    arguments: TokenStream,
    item: ItemFn,
    owner: Option<Owner>,
) -> (Expansion, Vec<Error>) {
    let mut mistakes = Mistakes::default();
    let arguments = SagaArguments::parse(arguments, &mut mistakes);
    let saga = Function::read(Marked::Saga, item, owner, None, &mut mistakes);
    let params = params(&saga);
    let block = (*saga.item.block).clone();
    let lowered = lower::lower(&params, block, &arguments.krate.runtime());
    let lowered = lowered
        .map_err(|wrong| wrong.into_iter().for_each(|error| mistakes.push(error)))
        .ok();
    let expansion = match lowered {
        Some(lowered) if mistakes.is_empty() => expansion(&saga, &arguments, &lowered),
        _ => fallback::saga(&saga, &arguments),
    };
    (expansion, mistakes.into_errors())
}

/// The parameters, as the body sees them.
fn params(saga: &Function) -> Vec<Param> {
    let mut stored = 0;
    let mut all = Vec::new();
    for parameter in &saga.parameters {
        let mut param = param(parameter);
        if let Source::Stored(form) = &parameter.source {
            let codec = argument_codec(stored);
            let marker = saga.marker();
            // A list and a text are written by the codec of something else.
            let own = matches!(form, Form::Owned | Form::Borrowed(_));
            param.codec = own.then(|| quote!(#marker::#codec));
            stored += 1;
        }
        all.push(param);
    }
    all
}

fn param(parameter: &Parameter) -> Param {
    Param {
        ident: parameter.name.clone(),
        mutable: parameter.mutable,
        kept: match &parameter.source {
            Source::Resource(_) | Source::Transaction(_) => Kept::Provided,
            Source::Stored(Form::Owned) => Kept::Stored,
            Source::Stored(_) => Kept::Behind(Box::new(parameter.ty.clone())),
        },
        codec: None,
    }
}

/// A saga without mistakes.
struct Definition<'a> {
    shape: Shape<'a>,
    arguments: &'a SagaArguments,
    lowered: &'a Lowered,
}

/// The call, and beside it what the engine knows, with the lowered body. That of a method stands in
/// the impl block: it says `self`.
fn expansion(saga: &Function, arguments: &SagaArguments, lowered: &Lowered) -> Expansion {
    let shape = Shape {
        function: saga,
        krate: &arguments.krate,
    };
    let definition = Definition {
        shape,
        arguments,
        lowered,
    };
    let (call, marker, cfgs) = (shape.call(), shape.marker_item(), shape.cfgs());
    let body = definition.body();
    let defined = if arguments.inline {
        // What it returns is a value of the saga's, and not stored.
        let (codecs, inline_impl) = (shape.argument_codecs(), definition.inline_impl());
        quote!(#codecs #inline_impl)
    } else {
        let (codecs, check) = (shape.codecs(), shape.error_check());
        let (saga_impl, start) = (definition.saga_impl(), definition.start());
        quote!(#codecs #check #saga_impl #start)
    };
    let (in_place, inside) = if saga.owner.is_some() {
        (Some(body), None)
    } else {
        (None, Some(body))
    };
    Expansion {
        function: quote!(#call #in_place),
        beside: quote! {
            #marker
            #(#cfgs)*
            const _: () = {
                #inside
                #defined
            };
        },
    }
}
