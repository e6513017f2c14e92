//! One step: parse, check, expand.

mod expand;
mod parse;
mod undo;

use proc_macro2::TokenStream;
use syn::{Error, ItemFn};

use crate::attribute::step::StepArgs;
use crate::diagnostics::Mistakes;

/// Expands `#[step(args)]` on a free function.
pub(crate) fn expand(args: TokenStream, item: TokenStream) -> (TokenStream, Vec<Error>) {
    let mut mistakes = Mistakes::default();
    let args = StepArgs::parse(args, &mut mistakes);
    let Some(function) = mistakes.take(syn::parse2::<ItemFn>(item.clone())) else {
        return (item, mistakes.into_vec());
    };
    let step = parse::Step::parse(args, function, &mut mistakes);
    let tokens = match step {
        Some(step) => expand::expand(&step, &mut mistakes),
        None => crate::fallback::item(item),
    };
    (tokens, mistakes.into_vec())
}
