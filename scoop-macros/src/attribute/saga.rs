//! The arguments of `#[saga]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Error, Path};

/// What `#[saga(..)]` says.
#[derive(Default)]
pub(crate) struct SagaArgs {
    /// The stored name.
    pub(crate) name: Option<String>,
    root: Option<Path>,
}

impl SagaArgs {
    /// The path of the `scoop` crate.
    pub(crate) fn root(&self) -> TokenStream {
        match &self.root {
            Some(path) => quote!(#path),
            None => quote!(::scoop),
        }
    }
}

pub(crate) fn parse(_: TokenStream) -> (SagaArgs, Vec<Error>) {
    (SagaArgs::default(), Vec::new())
}
