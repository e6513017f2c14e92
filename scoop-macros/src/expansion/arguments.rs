//! What a function is called with, and what is stored of what it returns.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use super::{Shape, local};
use crate::signature::{Form, Parameter, Source};

/// How a function of the macro's ends when it cannot call the user's: with a variant of this type,
/// in an `Err` where it returns a `Result`.
pub(crate) struct Leave {
    pub(crate) end: TokenStream,
    pub(crate) in_err: bool,
}

impl Leave {
    fn with(&self, variant: &TokenStream) -> TokenStream {
        let end = &self.end;
        if self.in_err {
            quote!(return ::core::result::Result::Err(#end::#variant))
        } else {
            quote!(return #end::#variant)
        }
    }
}

impl Shape<'_> {
    /// The statement that binds the stored arguments, decoded from this expression, and the names.
    pub(crate) fn decoded(&self, from: &TokenStream, leave: &Leave) -> (Vec<Ident>, TokenStream) {
        let marker = self.marker();
        let names: Vec<Ident> = (0..self.function.stored().count())
            .map(|index| local(&format!("argument_{index}")))
            .collect();
        let undecodable = leave.with(&quote!(Undecodable(error)));
        let statement = quote! {
            let (#(#names,)*) = match #marker::arguments(&#from) {
                ::core::result::Result::Ok(arguments) => arguments,
                ::core::result::Result::Err(error) => #undecodable,
            };
        };
        (names, statement)
    }

    /// The stored arguments, as the user's function takes them.
    pub(crate) fn passed<'a>(&self, names: impl Iterator<Item = &'a Ident>) -> Vec<TokenStream> {
        let forms = self.function.stored().map(|(_, form)| form);
        forms
            .zip(names)
            .map(|(form, name)| match form {
                Form::Owned => quote!(#name),
                _ => quote!(&#name),
            })
            .collect()
    }

    /// The statements that bind the resources, `Self` first for a method, and their names.
    pub(crate) fn resources(&self, input: &Ident, leave: &Leave) -> (Vec<Ident>, TokenStream) {
        let types = self.function.resources();
        let names: Vec<Ident> = (0..types.len())
            .map(|index| local(&format!("resource_{index}")))
            .collect();
        let takes = names.iter().zip(&types);
        let takes = takes.map(|(name, ty)| self.resource(ty, name, input, leave));
        (names.clone(), takes.collect())
    }

    /// The statement that takes a resource.
    pub(crate) fn resource(
        &self,
        ty: &TokenStream,
        name: &Ident,
        input: &Ident,
        leave: &Leave,
    ) -> TokenStream {
        let runtime = self.runtime();
        let get = quote_spanned!(ty.span()=> #input.resources.get::<#ty>());
        let missing =
            leave.with(&quote!(MissingResource(#runtime::resource::ResourceType::of::<#ty>())));
        quote! {
            let ::core::option::Option::Some(#name) = #get else {
                #missing;
            };
        }
    }

    /// The statement that takes the transaction, where the function wants one, and its name.
    pub(crate) fn transaction(&self, input: &Ident, leave: &Leave) -> Option<(Ident, TokenStream)> {
        let (runtime, database) = (self.runtime(), self.function.database()?);
        let (name, noted) = (local("transaction"), local("noted"));
        let take = quote_spanned!(database.span()=>
            #runtime::store::tx::Lent::take::<#database>(#input.transaction)
        );
        let missing = leave.with(&quote!(MissingTransaction(missing)));
        let statement = quote! {
            let (#name, #noted) = match #take {
                ::core::result::Result::Ok(taken) => taken,
                ::core::result::Result::Err(missing) => #missing,
            };
        };
        Some((name, statement))
    }

    /// The call of the user's own function, with stored arguments and resources and the transaction in the order
    /// of its parameters.
    pub(crate) fn user_call(
        &self,
        callee: &Ident,
        names: &[Ident],
        resources: &[Ident],
        transaction: Option<&Ident>,
    ) -> TokenStream {
        let function = self.function;
        let mut stored = self.passed(names.iter()).into_iter();
        let mut resources = resources.iter();
        let this = function
            .method
            .then(|| resources.next())
            .flatten()
            .map(|this| quote!(&*#this,));
        let passed = |Parameter { source, .. }: &Parameter| match source {
            Source::Stored(_) => stored.next(),
            Source::Resource(_) => resources.next().map(|name| quote!(#name)),
            Source::Transaction(_) => transaction.map(|name| quote!(#name)),
        };
        let passed: Vec<TokenStream> = function.parameters.iter().filter_map(passed).collect();
        let path = self.path_of(callee);
        quote!(#path(#this #(#passed),*))
    }

    /// How the macro's own code names a function that stands where the user's stood.
    pub(crate) fn path_of(&self, name: &Ident) -> TokenStream {
        match &self.function.owner {
            Some(owner) => {
                let ty = &owner.ty;
                quote!(<#ty>::#name)
            }
            None => quote!(#name),
        }
    }

    /// What is stored of the output in this variable: the encoded value, or the error.
    pub(crate) fn stored_end(&self, value: &Ident) -> TokenStream {
        let (marker, runtime, error) = (self.marker(), self.runtime(), local("error"));
        if !self.function.output.fallible {
            return quote!(#marker::OUTPUT.encode(&#value).map(::core::result::Result::Ok));
        }
        quote! {
            match &#value {
                ::core::result::Result::Ok(#value) => {
                    #marker::OUTPUT.encode(#value).map(::core::result::Result::Ok)
                }
                ::core::result::Result::Err(#error) => {
                    #[allow(unused_imports)]
                    use #runtime::error::{NotAnError as _, StoredAsText as _, StoredWithValue as _};
                    ::core::result::Result::Ok(::core::result::Result::Err(
                        (&&&#runtime::error::ErrorProbe(#error)).stored(),
                    ))
                }
            }
        }
    }
}
