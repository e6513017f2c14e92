//! Durations, written as people write them, read when the macro is expanded.

use std::time::Duration;

use jiff::{Span as JiffSpan, SpanRelativeTo};
use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::LitStr;

use crate::diagnostics::Mistakes;

/// A length of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Length(pub(crate) Duration);

impl Length {
    /// One duration.
    pub(crate) fn parse(literal: &LitStr, mistakes: &mut Mistakes) -> Option<Self> {
        let length = read(&literal.value());
        if length.is_none() {
            let what = r#"expected a duration: `"10s"`, `"250ms"`, `"5 minutes"`, `"1h 30m"`"#;
            mistakes.at(literal, what);
        }
        length
    }

    /// Two durations with `..` between them, the first not longer than the second.
    pub(crate) fn parse_range(literal: &LitStr, mistakes: &mut Mistakes) -> Option<(Self, Self)> {
        let text = literal.value();
        let range = text
            .split_once("..")
            .and_then(|(a, b)| Some((read(a)?, read(b)?)));
        match range {
            None => mistakes.at(
                literal,
                r#"expected the first and the longest pause: `"100ms..30s"`, `"1s..5 minutes"`"#,
            ),
            Some((first, longest)) if first > longest => {
                mistakes.at(literal, "the first pause is longer than the longest");
                return None;
            }
            Some(_) => {}
        }
        range
    }
}

impl ToTokens for Length {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let (seconds, nanos) = (self.0.as_secs(), self.0.subsec_nanos());
        tokens.extend(quote!(::core::time::Duration::new(#seconds, #nanos)));
    }
}

/// A duration longer than nothing; a day has 24 hours.
fn read(text: &str) -> Option<Length> {
    let span: JiffSpan = text.trim().parse().ok()?;
    let length = span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()?;
    let length = Duration::try_from(length).ok()?;
    (!length.is_zero()).then_some(Length(length))
}
