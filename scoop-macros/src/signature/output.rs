//! What a step or a saga returns: the value that is stored, and the error.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::spanned::Spanned;
use syn::{GenericArgument, PathArguments, ReturnType, Type};

use super::parameter::ungrouped;
use crate::attribute::Crate;

/// The output of a function.
#[derive(Clone, Debug)]
pub(crate) struct Output {
    /// The whole of it, as it is written; `()` where nothing is.
    pub(crate) ty: Type,
    /// Whether it is a `Result`, by its name.
    pub(crate) fallible: bool,
    /// The value in `Ok` and the error, where both are written.
    parts: Option<(Type, Type)>,
}

impl Output {
    pub(crate) fn read(written: &ReturnType) -> Self {
        let ty = match written {
            ReturnType::Default => syn::parse_quote!(()),
            ReturnType::Type(_, ty) => ungrouped(ty).clone(),
        };
        let last = match &ty {
            Type::Path(path) => path.path.segments.last(),
            _ => None,
        };
        let fallible = last.is_some_and(|last| last.ident.to_string().ends_with("Result"));
        let parts = last.filter(|last| last.ident == "Result").and_then(|last| {
            let PathArguments::AngleBracketed(arguments) = &last.arguments else {
                return None;
            };
            let mut types = arguments.args.iter().filter_map(|argument| match argument {
                GenericArgument::Type(ty) => Some(ty.clone()),
                _ => None,
            });
            Some((types.next()?, types.next()?))
        });
        Self {
            ty,
            fallible,
            parts,
        }
    }

    /// The type of the value that is stored.
    pub(crate) fn value(&self, krate: &Crate) -> TokenStream {
        let Self { ty, .. } = self;
        match (&self.parts, self.fallible) {
            (Some((ok, _)), _) => ok.to_token_stream(),
            (None, false) => ty.to_token_stream(),
            (None, true) => {
                let runtime = krate.runtime();
                quote_spanned!(ty.span()=> <#ty as #runtime::operation::Fallible>::Ok)
            }
        }
    }

    /// The type of the error, where there can be one.
    pub(crate) fn error(&self, krate: &Crate) -> Option<TokenStream> {
        let Self { ty, .. } = self;
        match (&self.parts, self.fallible) {
            (_, false) => None,
            (Some((_, error)), true) => Some(error.to_token_stream()),
            (None, true) => {
                let runtime = krate.runtime();
                Some(quote_spanned!(ty.span()=>
                    <#ty as #runtime::operation::Fallible>::Error
                ))
            }
        }
    }

    /// Where the value's type is written.
    pub(crate) fn value_span(&self) -> Span {
        self.parts
            .as_ref()
            .map_or_else(|| self.ty.span(), |(ok, _)| ok.span())
    }

    /// Where the error's type is written.
    pub(crate) fn error_span(&self) -> Span {
        self.parts
            .as_ref()
            .map_or_else(|| self.ty.span(), |(_, error)| error.span())
    }

    /// The value's type, for messages.
    pub(crate) fn value_text(&self) -> String {
        match &self.parts {
            Some((ok, _)) => crate::diagnostics::text_of(ok),
            None if self.fallible => "T".to_owned(),
            None => crate::diagnostics::text_of(&self.ty),
        }
    }

    /// The error's type, for messages.
    pub(crate) fn error_text(&self) -> String {
        match &self.parts {
            Some((_, error)) => crate::diagnostics::text_of(error),
            None => "scoop::Error".to_owned(),
        }
    }

    /// Whether the value is `()`.
    pub(crate) fn is_unit(&self) -> bool {
        let value = self.parts.as_ref().map_or(&self.ty, |(ok, _)| ok);
        matches!(value, Type::Tuple(tuple) if tuple.elems.is_empty())
    }
}
