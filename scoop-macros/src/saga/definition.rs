//! The definition of a saga: its description, its descriptor, and how its end is read.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use super::Definition;
use crate::expansion::optional;

impl Definition<'_> {
    /// The description, the descriptor, and what ties them to the type that stands for the saga.
    pub(super) fn saga_impl(&self) -> TokenStream {
        let shape = self.shape;
        let (runtime, operation, marker) = (shape.runtime(), shape.operation(), shape.marker());
        let (output, ok) = (shape.output(), shape.value());
        let error = shape.error().unwrap_or_else(|| quote!(#operation::Never));
        let codec = quote!(#runtime::codec);
        let description = quote!(#runtime::protocol::description);
        let fallible = shape.error().is_some();
        let made = if fallible {
            quote!(::core::option::Option::Some(result))
        } else {
            quote!(::core::result::Result::ok(result))
        };
        let statics = self.statics();
        quote! {
            #statics
            impl #operation::Saga for #marker {
                type Output = #output;
                type Ok = #ok;
                type Error = #error;

                const META: #description::OperationMeta = #description::OperationMeta {
                    name: __DESCRIPTION.saga,
                    kind: #description::OperationKind::Saga,
                    fallible: #fallible,
                    rollback: ::core::option::Option::None,
                };

                fn descriptor() -> &'static #operation::saga::SagaDescriptor {
                    &__SAGA
                }

                fn output(
                    result: ::core::result::Result<#ok, #error>,
                ) -> ::core::option::Option<#output> {
                    #made
                }

                fn decode_ok(
                    stored: &#codec::Stored,
                ) -> ::core::result::Result<#ok, #codec::CodecError> {
                    #marker::OUTPUT.decode(stored)
                }

                fn decode_error(
                    stored: &#codec::Stored,
                ) -> ::core::result::Result<#error, #codec::CodecError> {
                    #[allow(unused_imports)]
                    use #operation::{CannotDecode as _, Decode as _};
                    (&&#operation::DecodeProbe::<#error>::new()).decode(stored)
                }
            }
            #runtime::inventory::submit! { #operation::saga::RegisteredSaga(&__SAGA) }
        }
    }

    /// Its name, await points and graph.
    pub(super) fn description(&self) -> TokenStream {
        let runtime = self.shape.runtime();
        let description = quote!(#runtime::protocol::description);
        let name = self.shape.stored_name(self.arguments.name.as_ref());
        let (points, graph) = (&self.lowered.points, &self.lowered.graph);
        quote! {
            const __DESCRIPTION: #description::Description = #description::Description {
                saga: #name,
                points: &[#(#points),*],
                graph: #graph,
            };
        }
    }

    fn statics(&self) -> TokenStream {
        let shape = self.shape;
        let (runtime, operation) = (shape.runtime(), shape.operation());
        let described = self.description();
        let span = shape.function.item.sig.ident.span();
        let line = quote_spanned!(span=> ::core::line!());
        let types = shape.function.resources();
        let [deadline, rollback_deadline] =
            [self.arguments.deadline, self.arguments.rollback_deadline]
                .map(|length| optional(length.map(|length| quote!(#length))));
        let priority = optional(self.arguments.priority.map(|level| quote!(#level)));
        let queue = optional(self.arguments.queue.as_ref().map(|name| quote!(#name)));
        quote! {
            #described
            static __SAGA: #operation::saga::SagaDescriptor = #operation::saga::SagaDescriptor {
                description: &__DESCRIPTION,
                file: ::core::file!(),
                line: #line,
                deadline: #deadline,
                rollback_deadline: #rollback_deadline,
                priority: #priority,
                queue: #queue,
                resources: || ::std::vec![#(#runtime::resource::ResourceType::of::<#types>()),*],
                body: __start,
            };
        }
    }
}
