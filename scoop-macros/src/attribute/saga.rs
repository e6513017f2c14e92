//! The arguments of `#[saga]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Path;

use super::Entry;
use crate::diagnostics::Mistakes;

const KNOWN: [&str; 7] = [
    "name",
    "crate",
    "on",
    "deadline",
    "rollback_deadline",
    "rollback",
    "alias",
];

/// What `#[saga(..)]` says.
#[derive(Default)]
pub(crate) struct SagaArgs {
    /// The stored name.
    pub(crate) name: Option<String>,
    root: Option<Path>,
}

impl SagaArgs {
    /// Reads the arguments.
    pub(crate) fn parse(args: TokenStream, mistakes: &mut Mistakes) -> Self {
        let mut read = Self::default();
        for entry in Entry::all(args, "saga", &KNOWN, mistakes) {
            match entry.key.to_string().as_str() {
                "name" => read.name = mistakes.take(entry.text()).map(|text| text.value()),
                "crate" => read.root = mistakes.take(entry.path()),
                later => mistakes.add(
                    entry.span(),
                    format!("`{later}` is not available in this release yet"),
                ),
            }
        }
        read
    }

    /// The path of the runtime.
    pub(crate) fn runtime(&self) -> TokenStream {
        runtime(self.root.as_ref())
    }
}

/// The path of the runtime in the crate that users name.
pub(super) fn runtime(root: Option<&Path>) -> TokenStream {
    match root {
        Some(root) => quote!(#root::__private::runtime),
        None => quote!(::scoop::__private::runtime),
    }
}
