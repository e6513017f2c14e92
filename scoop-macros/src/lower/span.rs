//! Where messages of the compiler belong.

use proc_macro2::{Span, TokenStream};

/// These tokens, whose messages belong to a place of the user's.
pub(crate) fn located(tokens: &TokenStream, place: Span) -> TokenStream {
    tokens
        .clone()
        .into_iter()
        .map(|mut token| {
            token.set_span(place);
            token
        })
        .collect()
}
