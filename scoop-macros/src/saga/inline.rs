//! A function of sagas: what the frame of the one that awaits it knows.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use super::Definition;
use crate::expansion::{Leave, local};

impl Definition<'_> {
    /// The description and the way into the body, and the type that stands for the function.
    pub(super) fn inline_impl(&self) -> TokenStream {
        let shape = self.shape;
        let (runtime, operation, marker) = (shape.runtime(), shape.operation(), shape.marker());
        let (described, output, input) = (self.description(), shape.output(), local("input"));
        let description = quote!(#runtime::protocol::description);
        let leave = Leave {
            end: quote!(#operation::saga::BodyError),
            in_err: true,
        };
        let (made, call) = self.made(&input, &leave);
        // A future that is not `Send` is reported at the name of the function.
        let span = shape.function.item.sig.ident.span();
        let boxed = quote_spanned!(span=> ::std::boxed::Box::pin(async move { #call.await }));
        let types = shape.function.resources();
        quote! {
            #described
            impl #operation::inline::Inline for #marker {
                type Output = #output;

                const DESCRIPTION: &'static #description::Description = &__DESCRIPTION;

                fn enter(
                    #input: #operation::saga::BodyInput,
                ) -> #operation::inline::InlineStart<#output> {
                    #made
                    ::core::result::Result::Ok(#boxed)
                }
            }
            #runtime::inventory::submit! {
                #operation::inline::RegisteredInline {
                    name: __DESCRIPTION.saga,
                    resources: || ::std::vec![
                        #(#runtime::resource::ResourceType::of::<#types>()),*
                    ],
                }
            }
        }
    }
}
