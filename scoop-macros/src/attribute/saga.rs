//! The keys of `#[saga(..)]`.

use proc_macro2::TokenStream;
use syn::LitStr;

use super::{Crate, Length, keys};
use crate::diagnostics::Mistakes;

const KNOWN: [&str; 7] = [
    "name",
    "crate",
    "deadline",
    "rollback_deadline",
    "rollback",
    "alias",
    "on",
];

/// What `#[saga(..)]` says.
#[derive(Debug, Default)]
pub(crate) struct SagaArguments {
    pub(crate) name: Option<LitStr>,
    /// How long a run may take.
    pub(crate) deadline: Option<Length>,
    pub(crate) krate: Crate,
}

impl SagaArguments {
    pub(crate) fn parse(tokens: TokenStream, mistakes: &mut Mistakes) -> Self {
        let mut arguments = Self::default();
        for (key, entry) in keys::entries(tokens, &KNOWN, mistakes) {
            match key {
                "name" => arguments.name = keys::text(&entry, r#"name = "..""#, mistakes),
                "deadline" => {
                    arguments.deadline = keys::text(&entry, r#"deadline = "2h""#, mistakes)
                        .and_then(|text| Length::parse(&text, mistakes));
                }
                "crate" => {
                    let path = keys::path(&entry, "crate = path", mistakes);
                    arguments.krate = path.map(Crate::at).unwrap_or_default();
                }
                _ => mistakes.at(
                    entry.path(),
                    format_args!("`{key}` is not available in this release yet"),
                ),
            }
        }
        arguments
    }
}
