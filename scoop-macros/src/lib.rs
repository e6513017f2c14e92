//! The attribute macros of `scoop-saga`. Use them through the facade, `scoop`.
//!
//! Each is a pure function from tokens to tokens and errors: what it makes of wrong code still
//! holds the user's item, so that one mistake is one error and the editor keeps working.

mod attribute;
mod diagnostics;
mod expansion;
mod fallback;
mod lower;
mod resource;
mod saga;
mod signature;
mod step;

use proc_macro::TokenStream;
use proc_macro2::TokenStream as Tokens;

/// Makes a step of an `async fn`: the unit of a saga that has an effect, and an undo.
///
/// One of four kinds is required: `rollback = path`, `pivot`, `retriable`, `read_only`. Further
/// keys: `retry(max = 5, backoff = "100ms..30s", on = path)`, `retry(forever)`, `timeout = "10s"`,
/// `undo(retry(..))`, `blocking`, `name = ".."`, `crate = path`.
#[proc_macro_attribute]
pub fn step(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expand(step::expand, arguments, item)
}

/// Makes a saga of an `async fn`: it survives crashes, and is undone when it fails.
///
/// Keys: `name = ".."`, `crate = path`.
#[proc_macro_attribute]
pub fn saga(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expand(saga::expand, arguments, item)
}

/// Stands on an `impl` block whose methods are steps or sagas: `Self` is a resource, provided at
/// start-up.
#[proc_macro_attribute]
pub fn resource(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expand(resource::expand, arguments, item)
}

fn expand(
    expand: fn(Tokens, Tokens) -> (Tokens, Vec<syn::Error>),
    arguments: TokenStream,
    item: TokenStream,
) -> TokenStream {
    let (arguments, item) = (Tokens::from(arguments), Tokens::from(item));
    if resource::is_taken_over(&arguments) {
        return TokenStream::new();
    }
    let (tokens, errors) = expand(arguments, item);
    diagnostics::finish(tokens, errors).into()
}
