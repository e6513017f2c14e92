//! `retry(max = 5, backoff = "100ms..30s", on = is_transient)`.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Expr, ExprLit, Lit, Meta, Path};

use super::duration::Length;
use super::{Crate, keys};
use crate::diagnostics::Mistakes;

const EXAMPLE: &str = r#"retry(max = 5, backoff = "100ms..30s")"#;

/// How often and how fast something is tried again.
#[derive(Debug, Default)]
pub(crate) struct Retry {
    /// The most attempts; none is for ever.
    pub(crate) max: Option<u32>,
    /// The first and the longest pause.
    pub(crate) backoff: Option<(Length, Length)>,
    /// Which errors are worth another attempt.
    pub(crate) on: Option<Path>,
}

/// Whose pauses are taken where none are given.
#[derive(Clone, Copy)]
pub(crate) enum RetryDefault {
    Step,
    Compensation,
}

impl Retry {
    pub(crate) fn parse(entry: &Meta, mistakes: &mut Mistakes) -> Option<Self> {
        let tokens = keys::list(entry, EXAMPLE, mistakes)?;
        let found = keys::entries(tokens, &["max", "forever", "backoff", "on"], mistakes);
        let mut retry = Self::default();
        let (mut max, mut forever) = (false, None);
        for (key, entry) in &found {
            match *key {
                "max" => {
                    max = true;
                    retry.max = attempts(entry, mistakes);
                }
                "forever" => {
                    keys::word(entry, mistakes);
                    forever = Some(entry);
                }
                "backoff" => {
                    retry.backoff = keys::text(entry, r#"backoff = "100ms..30s""#, mistakes)
                        .and_then(|text| Length::parse_range(&text, mistakes));
                }
                _ => retry.on = keys::path(entry, "on = is_transient", mistakes),
            }
        }
        match forever {
            Some(entry) if max => mistakes.at(entry, "`max` and `forever` exclude each other"),
            None if !max => mistakes.at(
                entry.path(),
                "`retry` wants a number of attempts, `retry(max = 5)`, or `retry(forever)`",
            ),
            _ => {}
        }
        Some(retry)
    }

    /// The value of type `Retry`.
    pub(crate) fn emit(&self, krate: &Crate, default: RetryDefault) -> TokenStream {
        let runtime = krate.runtime();
        let retry = quote!(#runtime::operation::step::Retry);
        let default = match default {
            RetryDefault::Step => quote!(#retry::STEP),
            RetryDefault::Compensation => quote!(#retry::COMPENSATION),
        };
        let max = match self.max {
            Some(max) => quote!(::core::option::Option::Some(#max)),
            None => quote!(::core::option::Option::None),
        };
        let (first, longest) = match &self.backoff {
            Some((first, longest)) => (first.to_token_stream(), longest.to_token_stream()),
            None => (quote!(#default.first), quote!(#default.longest)),
        };
        quote!(#retry { max: #max, first: #first, longest: #longest })
    }
}

fn attempts(entry: &Meta, mistakes: &mut Mistakes) -> Option<u32> {
    let number = match entry {
        Meta::NameValue(pair) => match &pair.value {
            Expr::Lit(ExprLit {
                lit: Lit::Int(number),
                ..
            }) => number
                .base10_parse::<u32>()
                .ok()
                .filter(|number| *number > 0),
            _ => None,
        },
        _ => None,
    };
    if number.is_none() {
        keys::wanted(
            entry,
            "max = 5` or another number of attempts, at least `1",
            mistakes,
        );
    }
    number
}
