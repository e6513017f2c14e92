//! The kinds of steps, and what is said to a step that names none.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Path;

use super::wanted;
use crate::attribute::step::Kind;
use crate::signature::Function;

/// The message that the product is known for.
pub(super) fn missing(step: &Function, in_doubt: bool) -> String {
    let name = &step.item.sig.ident;
    let undo = wanted::signature(step, &format!("undo_{name}"), in_doubt);
    let of = if step.owner.is_some() { "Self::" } else { "" };
    let compensatable = format!("#[step(rollback = {of}undo_{name})]");
    let width = compensatable.len();
    let padded = |line: &str| format!("{line:width$}");
    format!(
        "the step `{name}` says nothing about undoing it; write one of\n    \
         {compensatable}  if it can be undone\n    \
         {pivot}  if it cannot be undone: from here on only forward\n    \
         {retriable}  if it needs no undo, and succeeds when repeated\n    \
         {read_only}  if it changes nothing\n  \
         where a rollback looks like this:\n    \
         {undo} {{ .. }}",
        pivot = padded("#[step(pivot)]"),
        retriable = padded("#[step(retriable)]"),
        read_only = padded("#[step(read_only)]"),
    )
}

impl Kind {
    /// The path of the rollback.
    pub(crate) const fn rollback(&self) -> Option<&Path> {
        match self {
            Self::Rollback(path) => Some(path),
            _ => None,
        }
    }

    /// The name of the variant of `StepKind`.
    pub(crate) fn variant(&self) -> TokenStream {
        match self {
            Self::Rollback(_) => quote!(Compensatable),
            Self::Pivot => quote!(Pivot),
            Self::Retriable => quote!(Retriable),
            Self::ReadOnly => quote!(ReadOnly),
        }
    }
}
