//! The function under a `#[step]` or a `#[saga]`, as it was written and as it was understood.

mod output;
mod owned;
mod parameter;
mod refuse;

use std::fmt;

use proc_macro2::{Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote};
use syn::{FnArg, Ident, ItemFn, Type};

pub(crate) use output::Output;
pub(crate) use parameter::{Form, Parameter, Source};

use crate::diagnostics::Mistakes;

/// What a function is marked as; its word in messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Marked {
    Step,
    Saga,
}

/// The type whose method a function is.
#[derive(Clone, Debug)]
pub(crate) struct Owner {
    /// The type, as it is written after `impl`.
    pub(crate) ty: Type,
    /// The last name in it.
    pub(crate) name: Ident,
}

/// A step's or a saga's function.
#[derive(Clone, Debug)]
pub(crate) struct Function {
    pub(crate) marked: Marked,
    /// As it was written.
    pub(crate) item: ItemFn,
    /// Whose method it is; `None` too for an associated function without `&self`.
    pub(crate) owner: Option<Owner>,
    /// Whether it takes `&self`.
    pub(crate) method: bool,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) output: Output,
    /// Whether a call of it can be written down even where there are mistakes.
    pub(crate) understood: bool,
}

impl Function {
    /// Reads a function; `blocking` is where it is said that it blocks its thread.
    pub(crate) fn read(
        marked: Marked,
        item: ItemFn,
        owner: Option<Owner>,
        blocking: Option<Span>,
        mistakes: &mut Mistakes,
    ) -> Self {
        refuse::function(marked, &item, blocking, mistakes);
        let understood = refuse::signature(marked, &item.sig, owner.is_some(), blocking, mistakes);
        let parameters = item.sig.inputs.iter().enumerate();
        let parameters = parameters
            .filter_map(|(index, input)| match input {
                FnArg::Typed(written) => Some(Parameter::read(written, index)),
                FnArg::Receiver(_) => None,
            })
            .collect();
        let method = item.sig.receiver().is_some();
        let output = Output::read(&item.sig.output);
        Self {
            marked,
            item,
            owner,
            method,
            parameters,
            output,
            understood,
        }
    }

    /// The type that stands for it.
    pub(crate) fn marker(&self) -> Ident {
        let name = &self.item.sig.ident;
        match &self.owner {
            Some(owner) => format_ident!("__{}_{}", owner.name, name, span = name.span()),
            None => format_ident!("__{}", name, span = name.span()),
        }
    }

    /// The name under which the user's own function is kept.
    pub(crate) fn kept_name(&self) -> Ident {
        let name = &self.item.sig.ident;
        match &self.owner {
            Some(_) => format_ident!("__run_{}", name, span = name.span()),
            None => name.clone(),
        }
    }

    /// The name for people and in the store, without its module.
    pub(crate) fn short_name(&self) -> String {
        let name = &self.item.sig.ident;
        self.owner.as_ref().map_or_else(
            || name.to_string(),
            |owner| format!("{}::{name}", owner.name),
        )
    }

    /// The stored parameters, in the order in which they are stored.
    pub(crate) fn stored(&self) -> impl Iterator<Item = (&Parameter, &Form)> {
        self.parameters
            .iter()
            .filter_map(|each| Some((each, each.stored()?)))
    }

    /// The types of the resources, `Self` first for a method.
    pub(crate) fn resources(&self) -> Vec<TokenStream> {
        let others = self.parameters.iter().filter_map(Parameter::resource);
        self.this()
            .into_iter()
            .chain(others)
            .map(|ty| self.without_self(ty))
            .collect()
    }

    /// The database of the transaction that it takes.
    pub(crate) fn database(&self) -> Option<TokenStream> {
        let database = self.parameters.iter().find_map(Parameter::database)?;
        Some(self.without_self(database))
    }

    /// The type of `self`, for a method.
    pub(crate) fn this(&self) -> Option<&Type> {
        self.owner
            .as_ref()
            .filter(|_| self.method)
            .map(|owner| &owner.ty)
    }

    /// The parameters of a call, as they are written, without the resources.
    pub(crate) fn call_parameters(&self) -> TokenStream {
        let this = self.method.then(|| quote!(&self,));
        let stored = self
            .stored()
            .map(|(Parameter { name, ty, .. }, _)| quote!(#name: #ty));
        quote!(#this #(#stored),*)
    }

    /// Tokens with the owner's type in the place of `Self`, for use beside the impl block.
    pub(crate) fn without_self(&self, tokens: impl ToTokens) -> TokenStream {
        match &self.owner {
            Some(owner) => replace_self(tokens.to_token_stream(), &owner.ty.to_token_stream()),
            None => tokens.to_token_stream(),
        }
    }
}

impl fmt::Display for Marked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Step => "step",
            Self::Saga => "saga",
        })
    }
}

fn replace_self(tokens: TokenStream, ty: &TokenStream) -> TokenStream {
    tokens
        .into_iter()
        .flat_map(|token| match token {
            TokenTree::Ident(ident) if ident == "Self" => ty
                .clone()
                .into_iter()
                .map(|mut token| {
                    token.set_span(ident.span());
                    token
                })
                .collect(),
            TokenTree::Group(group) => {
                let mut replaced = Group::new(group.delimiter(), replace_self(group.stream(), ty));
                replaced.set_span(group.span());
                TokenStream::from(TokenTree::Group(replaced))
            }
            other => TokenStream::from(other),
        })
        .collect()
}
