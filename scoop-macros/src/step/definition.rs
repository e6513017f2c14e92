//! The definition of a step: what the compiler knows of it, what the engine knows.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Path;

use super::{Definition, undo};
use crate::attribute::RetryDefault;
use crate::expansion::optional;

impl Definition<'_> {
    /// What the compiler knows.
    pub(super) fn step_impl(&self) -> TokenStream {
        let (shape, kind) = (self.shape, self.kind);
        let (runtime, operation) = (shape.runtime(), shape.operation());
        let description = quote!(#runtime::protocol::description);
        let (marker, kind_name, output) = (shape.marker(), kind.variant(), shape.output());
        let name = shape.stored_name(self.arguments.name.as_ref());
        let fallible = shape.function.output.fallible;
        let rollback = kind.rollback();
        let rollback = optional(rollback.map(|path| undo::stored_name(shape.function, path)));
        quote! {
            impl #operation::Step for #marker {
                type Output = #output;

                const META: #description::OperationMeta = #description::OperationMeta {
                    name: #name,
                    kind: #description::OperationKind::Step(#description::StepKind::#kind_name),
                    fallible: #fallible,
                    rollback: #rollback,
                };

                fn descriptor() -> &'static #operation::step::StepDescriptor {
                    &__STEP
                }
            }
        }
    }

    /// What the engine knows.
    pub(super) fn descriptor(&self, undo: TokenStream) -> TokenStream {
        let (shape, arguments) = (self.shape, self.arguments);
        let (runtime, operation) = (shape.runtime(), shape.operation());
        let (marker, types) = (shape.marker(), shape.function.resources());
        let retry = arguments.retry.as_ref();
        let on = retry.and_then(|retry| retry.on.as_ref());
        let retry = optional(retry.map(|retry| retry.emit(shape.krate, RetryDefault::Step)));
        let retry_on = optional(on.map(|path| self.retry_on(path)));
        let transaction = optional(shape.function.database().map(|database| {
            let reload = self.reload();
            quote!(#operation::step::TransactionDescriptor {
                database: <#database as #runtime::store::tx::Kind>::DATABASE,
                reload: #reload,
            })
        }));
        let timeout = optional(arguments.timeout.map(|length| quote!(#length)));
        let cancellable = arguments.cancellable;
        quote! {
            static __STEP: #operation::step::StepDescriptor = #operation::step::StepDescriptor {
                meta: <#marker as #operation::Step>::META,
                retry: #retry,
                retry_on: #retry_on,
                timeout: #timeout,
                cancellable: #cancellable,
                resources: || ::std::vec![#(#runtime::resource::ResourceType::of::<#types>()),*],
                transaction: #transaction,
                run: __run,
                undo: #undo,
            };
        }
    }

    /// Looks at the error in a boxed output with the user's predicate.
    fn retry_on(&self, path: &Path) -> TokenStream {
        let shape = self.shape;
        let (output, error) = (shape.output(), shape.error());
        let path = shape.function.without_self(path);
        quote! {
            |output| {
                let predicate: fn(&#error) -> bool = #path;
                match output.downcast_ref::<#output>() {
                    ::core::option::Option::Some(::core::result::Result::Err(error)) => predicate(error),
                    _ => false,
                }
            }
        }
    }
}
