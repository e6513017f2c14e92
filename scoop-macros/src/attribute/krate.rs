//! Where the runtime is found: `::scoop`, or what `crate = path` says.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Path;

/// The path of the facade.
#[derive(Clone, Debug)]
pub(crate) struct Crate(Path);

impl Default for Crate {
    fn default() -> Self {
        Self(syn::parse_quote!(::scoop))
    }
}

impl Crate {
    pub(crate) const fn at(path: Path) -> Self {
        Self(path)
    }

    /// The crate `scoop_runtime`.
    pub(crate) fn runtime(&self) -> TokenStream {
        let Self(path) = self;
        quote!(#path::__private::runtime)
    }
}
