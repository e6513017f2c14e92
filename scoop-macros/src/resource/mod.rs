//! `#[resource]`: steps and sagas that are methods. Only the impl block knows what `Self` is.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::spanned::Spanned;
use syn::{
    Attribute, Error, Ident, ImplItem, ImplItemFn, ItemFn, ItemImpl, Meta, PathArguments, Type,
};

use crate::diagnostics::Mistakes;
use crate::expansion::Expansion;
use crate::signature::{Marked, Owner};
use crate::{fallback, saga, step};

const TAKEN_OVER: &str = "__taken_over";

/// An impl block whose methods are steps and sagas.
pub(crate) fn expand(arguments: TokenStream, item: TokenStream) -> (TokenStream, Vec<Error>) {
    let mut mistakes = Mistakes::default();
    if !arguments.is_empty() {
        mistakes.at(&arguments, "`#[resource]` takes no arguments");
    }
    let Ok(mut block) = syn::parse2::<ItemImpl>(item.clone()) else {
        let first: TokenStream = item.clone().into_iter().take(1).collect();
        mistakes.at(first, "`#[resource]` stands on an `impl` block");
        return (item, mistakes.into_errors());
    };
    let Some(owner) = owner(&block, &mut mistakes) else {
        return (without_steps(block), mistakes.into_errors());
    };
    let mut beside = TokenStream::new();
    let mut errors = mistakes.into_errors();
    for each in &mut block.items {
        if let ImplItem::Fn(method) = each
            && let Some((expansion, found)) = expand_method(method, &owner)
        {
            *each = ImplItem::Verbatim(expansion.function);
            beside.extend(expansion.beside);
            errors.extend(found);
        }
    }
    (quote!(#block #beside), errors)
}

/// The type of the block, where it can be a resource.
fn owner(block: &ItemImpl, mistakes: &mut Mistakes) -> Option<Owner> {
    if let Some((path, _)) = &block.trait_ {
        mistakes.at(
            path,
            "`#[resource]` stands on an impl block of the type itself, not of a trait",
        );
        return None;
    }
    if let Some(first) = block.generics.params.first() {
        mistakes.at(
            first,
            "a resource with steps cannot be generic: a step is run by its name",
        );
        return None;
    }
    let last = match &*block.self_ty {
        Type::Path(path) => path.path.segments.last(),
        _ => None,
    };
    let Some(last) = last.filter(|last| matches!(last.arguments, PathArguments::None)) else {
        mistakes.at(
            &block.self_ty,
            "a resource with steps is a struct or an enum without arguments",
        );
        return None;
    };
    Some(Owner {
        ty: (*block.self_ty).clone(),
        name: last.ident.clone(),
    })
}

/// A method that is a step or a saga; `None` for all others.
fn expand_method(method: &ImplItemFn, owner: &Owner) -> Option<(Expansion, Vec<Error>)> {
    let position = method.attrs.iter().position(|each| role(each).is_some())?;
    let mut method = method.clone();
    let attribute = method.attrs.remove(position);
    let arguments = match &attribute.meta {
        Meta::List(list) => list.tokens.clone(),
        _ => TokenStream::new(),
    };
    let item = item_fn(method);
    let owner = Some(owner.clone());
    let (mut expansion, errors) = match role(&attribute)? {
        Marked::Step => step::expand_fn(arguments, item, owner),
        Marked::Saga => saga::expand_fn(arguments, item, owner),
    };
    expansion.beside.extend(taken_over(&attribute));
    Some((expansion, errors))
}

/// The attribute once more, on nothing: without it the compiler would find its import unused.
fn taken_over(attribute: &Attribute) -> TokenStream {
    let path = attribute.path();
    let mark = Ident::new(TAKEN_OVER, path.span());
    quote!(#[#path(#mark)] const _: () = ();)
}

/// Whether an attribute stands where [`taken_over`] put it.
pub(crate) fn is_taken_over(arguments: &TokenStream) -> bool {
    arguments.to_string() == TAKEN_OVER
}

fn role(attribute: &Attribute) -> Option<Marked> {
    let last = attribute.path().segments.last()?;
    match last.ident.to_string().as_str() {
        "step" => Some(Marked::Step),
        "saga" => Some(Marked::Saga),
        _ => None,
    }
}

fn item_fn(method: ImplItemFn) -> ItemFn {
    let ImplItemFn {
        attrs,
        vis,
        modifiers,
        sig,
        block,
        ..
    } = method;
    ItemFn {
        attrs,
        vis,
        modifiers,
        sig,
        block: Box::new(block),
    }
}

/// The block with plain methods, where its type cannot be a resource.
fn without_steps(mut block: ItemImpl) -> TokenStream {
    for each in &mut block.items {
        if let ImplItem::Fn(method) = each
            && let Some(marked) = method.attrs.iter().find_map(role)
        {
            method.attrs.retain(|attribute| role(attribute).is_none());
            if marked == Marked::Saga {
                *each = ImplItem::Verbatim(fallback::without_body(item_fn(method.clone())));
            }
        }
    }
    block.into_token_stream()
}
