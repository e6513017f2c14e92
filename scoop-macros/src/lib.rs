//! The macros of `scoop-saga`.
mod attribute;
mod fallback;
mod lower;
mod saga;

use proc_macro::TokenStream;

/// saga
#[proc_macro_attribute]
pub fn saga(args: TokenStream, item: TokenStream) -> TokenStream {
    finish(saga::expand(args.into(), item.into()))
}

fn finish((tokens, errors): (proc_macro2::TokenStream, Vec<syn::Error>)) -> TokenStream {
    let errors = errors.iter().map(syn::Error::to_compile_error);
    let out = quote::quote!(#(#errors)* #tokens);
    if std::env::var_os("SCOOP_DUMP").is_some() {
        eprintln!("{out}");
    }
    out.into()
}
