//! How a step is undone: its undo descriptor, and one attempt at undoing.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
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
    let doubt = doubt(shape.function, arguments);
    let undo = Undo { shape, path, doubt };
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
            transactions: || __rollback().transactions,
            run: __undo,
        }
    };
    (items.into_iter().collect(), descriptor)
}

/// Why nobody may know whether a step happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Doubt {
    /// It may run out of time.
    Timeout,
    /// It may be dropped.
    Dropped,
}

impl Doubt {
    /// What a rollback is that can undo such a step.
    pub(super) fn accepts(self) -> Ident {
        match self {
            Self::Timeout => format_ident!("AcceptsUnknown"),
            Self::Dropped => format_ident!("AcceptsDropped"),
        }
    }
}

/// Why nobody may know whether the step happened. Of one with a transaction it is known: that is rolled
/// back.
pub(super) fn doubt(step: &Function, arguments: &StepArguments) -> Option<Doubt> {
    if step.database().is_some() {
        return None;
    }
    let dropped = arguments.cancellable.then_some(Doubt::Dropped);
    arguments.timeout.map(|_| Doubt::Timeout).or(dropped)
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
        let [noted, lent] = ["noted", "lent"].map(local);
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
            fn __undo<'__a>(
                #input: #operation::step::UndoInput<'__a>,
            ) -> #runtime::environment::BoxFuture<'__a, #end> {
                ::std::boxed::Box::pin(async move {
                    #decode
                    let #output = match #input.output.as_ref().map(|output| #marker::OUTPUT.decode(output)) {
                        ::core::option::Option::None => ::core::option::Option::None,
                        ::core::option::Option::Some(::core::result::Result::Ok(output)) => {
                            ::core::option::Option::Some(output)
                        }
                        ::core::option::Option::Some(::core::result::Result::Err(error)) => {
                            return #end::Undecodable(error);
                        }
                    };
                    #take_this
                    let #noted = #input.noted();
                    let mut #lent = #input.transaction.map(|lent| lent.again());
                    let #tail = #operation::undo::UndoTail {
                        output: #output,
                        given: #operation::undo::UndoGiven {
                            failure: #input.failure,
                            resources: #input.resources,
                            transaction: #lent.as_mut(),
                        },
                        noted: #noted,
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
