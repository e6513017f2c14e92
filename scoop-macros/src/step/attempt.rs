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
        let value_of_call = self.value_of_call(&names, &resources);
        let store = shape.stored_end(&value);
        let attempt = quote! {{
            #decode
            #take
            let #value = #value_of_call;
            let #stored = #store;
            #end::returned::<#marker>(#value, #stored)
        }};
        // A future that is not `Send` is reported at the name of the function.
        let span = shape.function.item.sig.ident.span();
        let boxed = quote_spanned!(span=> ::std::boxed::Box::pin(async move #attempt));
        quote! {
            fn __run(
                #input: #operation::step::StepInput,
            ) -> #runtime::environment::BoxFuture<'static, #end> {
                #boxed
            }
        }
    }

    fn value_of_call(&self, names: &[Ident], resources: &[Ident]) -> TokenStream {
        let shape = self.shape;
        let call = shape.user_call(&shape.function.kept_name(), names, resources);
        match self.arguments.blocking {
            Some(_) => {
                let operation = shape.operation();
                quote!(#operation::blocking(move || #call).await)
            }
            None => quote!(#call.await),
        }
    }
}
