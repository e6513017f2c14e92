//! The macros of `scoop-saga`: `#[saga]` and `#[step]`.
//!
//! Each entry point is a pure function from tokens to tokens and errors; what is here only glues.

mod attribute;
mod diagnostics;
mod expansion;
mod fallback;
mod lower;
mod saga;
mod signature;
mod step;

use proc_macro::TokenStream;

/// Marks an `async fn` as a saga: its locals are saved at every await, and it goes on there after a
/// crash.
#[proc_macro_attribute]
pub fn saga(args: TokenStream, item: TokenStream) -> TokenStream {
    finish(saga::expand(args.into(), item.into()))
}

/// Marks an `async fn` as a step: the unit that has an effect, and says how it is undone.
#[proc_macro_attribute]
pub fn step(args: TokenStream, item: TokenStream) -> TokenStream {
    finish(step::expand(args.into(), item.into()))
}

fn finish((tokens, errors): (proc_macro2::TokenStream, Vec<syn::Error>)) -> TokenStream {
    let errors = errors.iter().map(syn::Error::to_compile_error);
    quote::quote!(#(#errors)* #tokens).into()
}
