//! One attempt at a step: decode what was stored, take the resources, call the user's function,
//! encode what it returned.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};

use super::Definition;
use crate::expansion::{Leave, local};

impl Definition<'_> {
    /// One attempt.
    pub(super) fn run(&self) -> TokenStream {
        let shape = self.shape;
        let (runtime, operation) = (shape.runtime(), shape.operation());
        let marker = shape.marker();
        let end = quote!(#operation::StepEnd);
        let leave = Leave {
            end: end.clone(),
            in_err: false,
        };
        let [input, value, stored] = ["input", "value", "stored"].map(local);
        let (names, decode) = shape.decoded(&quote!(#input.arguments), &leave);
        let (resources, take) = shape.resources(&input, &leave);
        let (transaction, take_transaction) = shape.transaction(&input, &leave).unzip();
        let value_of_call = self.value_of_call(&names, &resources, transaction.as_ref());
        let look = transaction.and_then(|_| self.look_at(&value));
        let store = shape.stored_end(&value);
        let attempt = quote! {{
            #decode
            #take
            #take_transaction
            let #value = #value_of_call;
            #look
            let #stored = #store;
            #end::returned::<#marker>(#value, #stored)
        }};
        // A future that is not `Send` is reported at the name of the function.
        let span = shape.function.item.sig.ident.span();
        let boxed = quote_spanned!(span=> ::std::boxed::Box::pin(async move #attempt));
        quote! {
            fn __run<'__a>(
                #input: #operation::step::StepInput<'__a>,
            ) -> #runtime::environment::BoxFuture<'__a, #end> {
                #boxed
            }
        }
    }

    /// Looks whether an error is one of the database's, for which the transaction is run again.
    fn look_at(&self, value: &Ident) -> Option<TokenStream> {
        let (noted, error) = (local("noted"), local("error"));
        self.shape.function.output.fallible.then(|| {
            quote! {
                if let ::core::result::Result::Err(#error) = &#value {
                    #noted.look_at(#error);
                }
            }
        })
    }

    /// Makes the output of the value that is stored of it.
    pub(super) fn reload(&self) -> TokenStream {
        let shape = self.shape;
        let (marker, output) = (shape.marker(), shape.output());
        let value = local("value");
        let whole = if shape.function.output.fallible {
            quote!(::core::result::Result::Ok(#value))
        } else {
            quote!(#value)
        };
        quote! {
            |stored| {
                let #value = #marker::OUTPUT.decode(stored)?;
                let output: #output = #whole;
                ::core::result::Result::Ok(::std::boxed::Box::new(output))
            }
        }
    }

    fn value_of_call(
        &self,
        names: &[Ident],
        resources: &[Ident],
        transaction: Option<&Ident>,
    ) -> TokenStream {
        let shape = self.shape;
        let kept = shape.function.kept_name();
        let call = shape.user_call(&kept, names, resources, transaction);
        match self.arguments.blocking {
            Some(_) => {
                let operation = shape.operation();
                quote!(#operation::blocking(move || #call).await)
            }
            None => quote!(#call.await),
        }
    }
}
