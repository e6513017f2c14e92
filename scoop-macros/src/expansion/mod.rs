//! What steps and sagas become alike: a call, a type that stands for it, and the user's function.

mod arguments;
mod codecs;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};
use syn::{Attribute, LitStr};

pub(crate) use arguments::Leave;

use crate::attribute::Crate;
use crate::signature::{Form, Function, Marked, Parameter};

/// What a function becomes.
#[derive(Debug, Default)]
pub(crate) struct Expansion {
    /// What stands in the place of the function.
    pub(crate) function: TokenStream,
    /// What stands beside it, in the same module.
    pub(crate) beside: TokenStream,
}

/// The attributes that tell callers and readers something.
const ON_THE_CALL: [&str; 9] = [
    "doc",
    "deprecated",
    "must_use",
    "cfg",
    "allow",
    "expect",
    "warn",
    "deny",
    "forbid",
];

/// A function, and where the runtime is found.
#[derive(Clone, Copy)]
pub(crate) struct Shape<'a> {
    pub(crate) function: &'a Function,
    pub(crate) krate: &'a Crate,
}

/// A name of the macro's own, which no name of the user's can be.
pub(crate) fn local(name: &str) -> Ident {
    Ident::new(&format!("__{name}"), Span::mixed_site())
}

/// `Some` of these tokens, or `None`.
pub(crate) fn optional(tokens: Option<TokenStream>) -> TokenStream {
    match tokens {
        Some(tokens) => quote!(::core::option::Option::Some(#tokens)),
        None => quote!(::core::option::Option::None),
    }
}

impl Shape<'_> {
    pub(crate) fn runtime(&self) -> TokenStream {
        self.krate.runtime()
    }

    pub(crate) fn operation(&self) -> TokenStream {
        let runtime = self.krate.runtime();
        quote!(#runtime::operation)
    }

    /// The function that callers see: it stores the arguments.
    pub(crate) fn call(&self) -> TokenStream {
        let (head, operation, marker) = (self.call_head(), self.operation(), self.marker());
        let arguments = local("arguments");
        let pushes =
            self.function
                .stored()
                .enumerate()
                .map(|(index, (Parameter { name, .. }, form))| {
                    let codec = argument_codec(index);
                    match form {
                        Form::Owned => quote!(#marker::#codec.push(&mut #arguments, &#name);),
                        Form::Borrowed(_) => quote!(#marker::#codec.push(&mut #arguments, #name);),
                        Form::Text => quote!(#arguments.push_text(#name);),
                        Form::Slice(_) => {
                            quote!(#marker::#codec.push_slice(&mut #arguments, #name);)
                        }
                    }
                });
        let mutable = self.function.stored().next().map(|_| quote!(mut));
        let call = self.call_type();
        quote! {
            #head {
                let #mutable #arguments = #operation::stored::Arguments::new();
                #(#pushes)*
                #operation::#call::new(#arguments.finish())
            }
        }
    }

    /// The same without the storing, for a function with mistakes.
    pub(crate) fn call_that_cannot_run(&self) -> TokenStream {
        let head = self.call_head();
        let message = format!("this {} does not compile", self.function.marked);
        quote! {
            #[allow(unused_variables)]
            #head {
                ::core::unreachable!(#message)
            }
        }
    }

    fn call_head(&self) -> TokenStream {
        let function = self.function;
        let (vis, name) = (&function.item.vis, &function.item.sig.ident);
        let attributes = self.attributes(&ON_THE_CALL);
        let (operation, call, marker) = (self.operation(), self.call_type(), self.marker());
        let parameters = function.call_parameters();
        // What the attribute asks for is no choice of the user's.
        quote! {
            #(#attributes)*
            #[allow(clippy::needless_pass_by_value, clippy::ptr_arg, clippy::too_many_arguments)]
            #vis fn #name(#parameters) -> #operation::#call<#marker>
        }
    }

    fn call_type(&self) -> Ident {
        match self.function.marked {
            Marked::Step => format_ident!("StepCall"),
            Marked::Saga => format_ident!("SagaCall"),
        }
    }

    pub(crate) fn marker(&self) -> Ident {
        self.function.marker()
    }

    /// The type that stands for the function.
    pub(crate) fn marker_item(&self) -> TokenStream {
        let (cfgs, vis, marker) = (self.cfgs(), &self.function.item.vis, self.marker());
        quote! {
            #(#cfgs)*
            #[doc(hidden)]
            #[allow(non_camel_case_types, missing_debug_implementations, unreachable_pub, dead_code)]
            #vis enum #marker {}
        }
    }

    pub(crate) fn cfgs(&self) -> Vec<&Attribute> {
        self.attributes(&["cfg"])
    }

    /// The attributes that are not for the callers.
    pub(crate) fn other_attributes(&self) -> Vec<&Attribute> {
        let attributes = self.function.item.attrs.iter();
        attributes
            .filter(|each| !is_one_of(each, &ON_THE_CALL))
            .collect()
    }

    fn attributes(&self, names: &[&str]) -> Vec<&Attribute> {
        let attributes = self.function.item.attrs.iter();
        attributes.filter(|each| is_one_of(each, names)).collect()
    }

    /// The name in the store.
    pub(crate) fn stored_name(&self, given: Option<&LitStr>) -> TokenStream {
        match given {
            Some(name) => quote!(#name),
            None => {
                let name = self.function.short_name();
                quote!(::core::concat!(::core::module_path!(), "::", #name))
            }
        }
    }
}

fn is_one_of(attribute: &Attribute, names: &[&str]) -> bool {
    names.iter().any(|name| attribute.path().is_ident(name))
}

/// The name of the constant that writes and reads an argument.
pub(crate) fn argument_codec(index: usize) -> Ident {
    format_ident!("ARGUMENT_{index}")
}
