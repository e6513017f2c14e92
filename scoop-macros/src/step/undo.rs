//! How a step is undone: its undo descriptor, and one attempt at undoing.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Path;

use super::rollback::Undo;
use crate::attribute::RetryDefault;
use crate::attribute::step::StepArguments;
use crate::diagnostics::text_of;
use crate::expansion::{Leave, Shape, local, optional};
use crate::signature::Function;

/// The items that a step's undo descriptor stands on, and the descriptor itself.
pub(crate) fn emit(
    shape: Shape<'_>,
    path: &Path,
    arguments: &StepArguments,
) -> (TokenStream, TokenStream) {
    let in_doubt = arguments.timeout.is_some();
    let undo = Undo {
        shape,
        path,
        in_doubt,
    };
    let items = [undo.local_trait(), undo.finder(), undo.runner()];
    let runtime = shape.runtime();
    let name = stored_name(shape.function, path);
    let retry = optional(
        arguments
            .undo
            .as_ref()
            .map(|retry| retry.emit(shape.krate, RetryDefault::Compensation)),
    );
    let descriptor = quote! {
        #runtime::operation::step::UndoDescriptor {
            name: #name,
            takes_outcome: || __rollback().takes_outcome,
            retry: #retry,
            resources: || __rollback().resources,
            run: __undo,
        }
    };
    (items.into_iter().collect(), descriptor)
}

/// The name of the rollback in the store.
pub(crate) fn stored_name(step: &Function, path: &Path) -> TokenStream {
    let text = text_of(step.without_self(path));
    if text.starts_with("::") || text.starts_with("crate::") {
        quote!(#text)
    } else {
        quote!(::core::concat!(::core::module_path!(), "::", #text))
    }
}

impl Undo<'_> {
    /// One attempt at undoing.
    fn runner(&self) -> TokenStream {
        let shape = self.shape;
        let (runtime, operation) = (shape.runtime(), shape.operation());
        let [input, output, tail, undone] = ["input", "output", "tail", "undone"].map(local);
        let end = quote!(#operation::step::UndoEnd);
        let leave = Leave {
            end: end.clone(),
            in_err: false,
        };
        let (bound, decode) = shape.decoded(&quote!(#input.arguments), &leave);
        let pass = shape.passed(bound.iter());
        let marker = shape.marker();
        let this = self.this_type_owned();
        let take_this = this
            .as_ref()
            .map(|this| shape.resource(this, &local("this"), &input, &leave));
        let this_pass = this.map(|_| {
            let this = local("this");
            quote!(&*#this,)
        });
        quote! {
            fn __undo(
                #input: #operation::step::UndoInput,
            ) -> #runtime::environment::BoxFuture<'static, #end> {
                ::std::boxed::Box::pin(async move {
                    #decode
                    let #output = match #input.output.map(|output| #marker::OUTPUT.decode(&output)) {
                        ::core::option::Option::None => ::core::option::Option::None,
                        ::core::option::Option::Some(::core::result::Result::Ok(output)) => {
                            ::core::option::Option::Some(output)
                        }
                        ::core::option::Option::Some(::core::result::Result::Err(error)) => {
                            return #end::Undecodable(error);
                        }
                    };
                    #take_this
                    let #tail = #operation::undo::UndoTail {
                        output: #output,
                        failure: #input.failure,
                        resources: #input.resources,
                    };
                    let #undone = match (__rollback().call)((#this_pass #(#pass,)*), #tail) {
                        ::core::result::Result::Ok(undone) => undone,
                        ::core::result::Result::Err(end) => return end,
                    };
                    #end::Returned(#undone.await)
                })
            }
        }
    }
}
