//! The signatures that steps and sagas share: what is stored, what is borrowed, what is refused.

use quote::format_ident;
use syn::spanned::Spanned;
use syn::{FnArg, GenericArgument, Ident, Pat, PathArguments, ReturnType, Type, parse_quote};

use crate::diagnostics::Mistakes;

/// One stored argument.
pub(crate) struct Argument {
    pub(crate) ident: Ident,
    pub(crate) mutable: bool,
    /// The type as the user wrote it.
    pub(crate) written: Type,
    /// The type that is stored.
    pub(crate) stored: Type,
}

impl Argument {
    pub(crate) const fn is_borrowed(&self) -> bool {
        matches!(self.written, Type::Reference(_))
    }
}

/// What a function returns.
pub(crate) struct Output {
    pub(crate) ty: Type,
    /// Whether it is a `Result`.
    pub(crate) fallible: bool,
}

/// Reads a result type, and refuses what has no name.
pub(crate) fn output(what: &str, output: &ReturnType, mistakes: &mut Mistakes) -> Output {
    let ty: Type = match output {
        ReturnType::Default => parse_quote!(()),
        ReturnType::Type(_, ty) => ungrouped(ty).clone(),
    };
    match &ty {
        Type::ImplTrait(hidden) => mistakes.add(
            hidden.span(),
            format!(
                "the result of a {what} is stored, so it needs a type with a name: write the \
                 concrete type instead of `impl Trait`"
            ),
        ),
        Type::Reference(reference) => mistakes.add(
            reference.span(),
            format!(
                "the result of a {what} is stored, so it cannot be a borrow: return an owned value"
            ),
        ),
        _ => {}
    }
    let fallible = is_result(&ty);
    Output { ty, fallible }
}

/// Whether a type is a `Result` by its name; aliases are too.
fn is_result(ty: &Type) -> bool {
    match ty {
        Type::Path(path) => path
            .path
            .segments
            .last()
            .is_some_and(|last| last.ident.to_string().ends_with("Result")),
        _ => false,
    }
}

/// Refuses generics: what is found again by its name has one meaning.
pub(crate) fn no_generics(what: &str, generics: &syn::Generics, mistakes: &mut Mistakes) {
    if !generics.params.is_empty() || generics.where_clause.is_some() {
        mistakes.add(
            generics.params.span(),
            format!(
                "a {what} cannot be generic: it is found again by its name after a crash, so it \
                 has to have one meaning; write one {what} for each type, or take an enum"
            ),
        );
    }
}

/// Reads one argument that is stored.
pub(crate) fn argument(
    what: &str,
    index: usize,
    input: &FnArg,
    mistakes: &mut Mistakes,
) -> Option<Argument> {
    let typed = match input {
        FnArg::Typed(typed) => typed,
        FnArg::Receiver(receiver) => {
            mistakes.add(
                receiver.span(),
                format!("a {what} is a free function in this release: take what it needs as an argument, or as a `Resource<T>`"),
            );
            return None;
        }
    };
    let (ident, mutable) = match &*typed.pat {
        Pat::Ident(pat) if pat.by_ref.is_none() && pat.subpat.is_none() => {
            (pat.ident.clone(), pat.mutability.is_some())
        }
        Pat::Wild(wild) => (format_ident!("unused_{index}", span = wild.span()), false),
        other => {
            mistakes.add(
                other.span(),
                format!("an argument of a {what} has a name: take it whole, and write `let` for its parts"),
            );
            return None;
        }
    };
    let written = ungrouped(&typed.ty).clone();
    let stored = stored_type(what, &written, mistakes)?;
    Some(Argument {
        ident,
        mutable,
        written,
        stored,
    })
}

/// The `T` of a parameter of type `Resource<T>`.
pub(crate) fn resource_type(input: &FnArg) -> Option<Type> {
    let FnArg::Typed(typed) = input else {
        return None;
    };
    let Type::Path(path) = ungrouped(&typed.ty) else {
        return None;
    };
    let last = path
        .path
        .segments
        .last()
        .filter(|last| last.ident == "Resource")?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return None;
    };
    match arguments.args.first()? {
        GenericArgument::Type(ty) => Some(ty.clone()),
        _ => None,
    }
}

fn stored_type(what: &str, ty: &Type, mistakes: &mut Mistakes) -> Option<Type> {
    match ty {
        Type::ImplTrait(hidden) => {
            mistakes.add(
                hidden.span(),
                format!(
                    "an argument of a {what} is stored, so it needs a type with a name: write the \
                     concrete type instead of `impl Trait`"
                ),
            );
            None
        }
        Type::Reference(reference) if reference.mutability.is_some() => {
            mistakes.add(
                reference.span(),
                format!(
                    "an argument of a {what} is stored, so nobody would see what is written \
                     through `&mut`: take the value, and return the new one"
                ),
            );
            None
        }
        Type::Reference(reference) => Some(match &*reference.elem {
            Type::Path(path) if path.path.is_ident("str") => parse_quote!(::std::string::String),
            Type::Slice(slice) => {
                let elem = &slice.elem;
                parse_quote!(::std::vec::Vec<#elem>)
            }
            elem => elem.clone(),
        }),
        other => Some(other.clone()),
    }
}

/// The type inside the invisible brackets that a `macro_rules!` macro puts around it.
fn ungrouped(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => ungrouped(&group.elem),
        Type::Paren(paren) => ungrouped(&paren.elem),
        ty => ty,
    }
}
