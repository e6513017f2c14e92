//! One saga: parse, check, lower, expand.

mod expand;
mod signature;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Error, ItemFn};

pub(crate) use expand::Names;

/// Expands `#[saga(args)]` on a free function.
pub(crate) fn expand(args: TokenStream, item: TokenStream) -> (TokenStream, Vec<Error>) {
    let function: ItemFn = match syn::parse2(item.clone()) {
        Ok(function) => function,
        Err(error) => return (item, vec![error]),
    };
    let (args, mut errors) = crate::attribute::saga::parse(args);
    let signature = match signature::Signature::of(&function) {
        Ok(signature) => Some(signature),
        Err(wrong) => {
            errors.extend(wrong);
            None
        }
    };
    let root = args.root();
    let runtime = quote!(#root::__private::runtime);
    let params: Vec<_> = signature.iter().flat_map(|s| s.params()).collect();
    let lowered = match crate::lower::lower(&params, (*function.block).clone(), &runtime) {
        Ok(lowered) => Some(lowered),
        Err(wrong) => {
            errors.extend(wrong);
            None
        }
    };
    let Some(signature) = signature else {
        return (crate::fallback::item(&item), errors);
    };
    let names = Names::new(&function, &args, runtime);
    let lowered = lowered.filter(|_| errors.is_empty());
    (
        expand::expand(&function, &signature, lowered.as_ref(), &names),
        errors,
    )
}
