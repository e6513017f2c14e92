//! Pieces that the expansions of steps and sagas share.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use crate::signature::{Argument, Output};

/// The stored name: an expression.
pub(crate) fn stored_name(given: Option<&String>, ident: &Ident) -> TokenStream {
    let name = ident.to_string();
    match given {
        Some(name) => quote!(#name),
        None => quote!(::core::concat!(::core::module_path!(), "::", #name)),
    }
}

/// The arguments as they are stored.
pub(crate) fn encoded(runtime: &TokenStream, arguments: &[Argument]) -> TokenStream {
    let idents = arguments.iter().map(|argument| &argument.ident);
    quote!({
        #[allow(unused_imports)]
        use #runtime::operation::{CannotEncode as _, Encode as _};
        #runtime::operation::Arguments::default()
            #(.with((&&#runtime::operation::EncodeProbe(&#idents)).encode()))*
            .encode()
    })
}

/// Binds each owned argument to its name, from `stored`; `failed` maps an error.
pub(crate) fn decoded(
    runtime: &TokenStream,
    arguments: &[Argument],
    stored: &TokenStream,
    names: &[Ident],
) -> TokenStream {
    let count = arguments.len();
    let raws: Vec<_> = names
        .iter()
        .map(|name| quote::format_ident!("__raw_{name}"))
        .collect();
    let types: Vec<_> = arguments.iter().map(|argument| &argument.stored).collect();
    quote! {
        #[allow(unused_imports)]
        use #runtime::operation::{CannotDecode as _, Decode as _};
        let [#(#raws),*] = #runtime::operation::Arguments::decode::<#count>(&#stored)?;
        #(
            let #names: #types =
                (&&#runtime::operation::DecodeProbe::<#types>::new()).decode(&#raws)?;
        )*
    }
}

/// The types in `Ok` and `Err`; for what is no `Result` the type itself and [`Never`].
pub(crate) fn ok_and_error(runtime: &TokenStream, output: &Output) -> (TokenStream, TokenStream) {
    let ty = &output.ty;
    if output.fallible {
        (
            quote_spanned!(ty.span()=> <#ty as #runtime::operation::Fallible>::Ok),
            quote_spanned!(ty.span()=> <#ty as #runtime::operation::Fallible>::Error),
        )
    } else {
        (quote!(#ty), quote!(#runtime::operation::Never))
    }
}

/// The `Result` of a value that was made: `Ok` encoded, or the error as it is stored.
pub(crate) fn stored_end(
    runtime: &TokenStream,
    output: &Output,
    value: &TokenStream,
) -> TokenStream {
    let imports = quote! {
        #[allow(unused_imports)]
        use #runtime::error::{NotAnError as _, StoredAsText as _, StoredWithValue as _};
        #[allow(unused_imports)]
        use #runtime::operation::{CannotEncode as _, Encode as _};
    };
    if output.fallible {
        quote!({
            #imports
            match #value {
                ::core::result::Result::Ok(value) => (&&#runtime::operation::EncodeProbe(value))
                    .encode()
                    .map(::core::result::Result::Ok),
                ::core::result::Result::Err(error) => ::core::result::Result::Ok(
                    ::core::result::Result::Err((&&&#runtime::error::ErrorProbe(error)).stored()),
                ),
            }
        })
    } else {
        quote!({
            #imports
            (&&#runtime::operation::EncodeProbe(#value)).encode().map(::core::result::Result::Ok)
        })
    }
}

/// Functions that are never called, whose bounds point at the user's own types.
pub(crate) fn checks(
    runtime: &TokenStream,
    arguments: &[Argument],
    output: &Output,
) -> TokenStream {
    let arguments = arguments.iter().map(|argument| {
        let (ty, span) = (&argument.stored, argument.written.span());
        quote_spanned!(span=> #runtime::operation::storable::<#ty>();)
    });
    let (ok, error) = ok_and_error(runtime, output);
    let (ok_span, error_span) = spans(output);
    let ok = quote_spanned!(ok_span=> #runtime::operation::storable::<#ok>(););
    let error = output
        .fallible
        .then(|| quote_spanned!(error_span=> #runtime::operation::failing::<#error>();));
    quote! {
        #[allow(dead_code)]
        fn __checks() {
            #(#arguments)*
            #ok
            #error
        }
    }
}

/// Where the types in `Ok` and `Err` stand in a result type.
fn spans(output: &Output) -> (proc_macro2::Span, proc_macro2::Span) {
    let whole = output.ty.span();
    let syn::Type::Path(path) = &output.ty else {
        return (whole, whole);
    };
    let Some(syn::PathArguments::AngleBracketed(arguments)) =
        path.path.segments.last().map(|last| &last.arguments)
    else {
        return (whole, whole);
    };
    let mut spans = arguments.args.iter().map(Spanned::span);
    if output.fallible {
        let ok = spans.next().unwrap_or(whole);
        (ok, spans.next().unwrap_or(whole))
    } else {
        (whole, whole)
    }
}
