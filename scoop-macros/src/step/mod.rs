//! `#[step]`: an async function becomes a call that a saga can await, run again, and undo.

mod attempt;
mod definition;
mod kind;
mod rollback;
#[cfg(test)]
mod tests;
mod undo;
mod wanted;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Error, ItemFn, TraitItemFn, Visibility};

use crate::attribute::step::{Kind, StepArguments};
use crate::diagnostics::Mistakes;
use crate::expansion::{Expansion, Shape, optional};
use crate::fallback;
use crate::signature::{Function, Marked, Owner};

/// A step that is a free function.
pub(crate) fn expand(arguments: TokenStream, item: TokenStream) -> (TokenStream, Vec<Error>) {
    let Ok(function) = syn::parse2::<ItemFn>(item.clone()) else {
        return not_a_function(item);
    };
    let (expansion, errors) = expand_fn(arguments, function, None);
    let Expansion { function, beside } = expansion;
    (quote!(#function #beside), errors)
}

/// A step that is a free function, or a method of `owner`.
pub(crate) fn expand_fn(
    arguments: TokenStream,
    item: ItemFn,
    owner: Option<Owner>,
) -> (Expansion, Vec<Error>) {
    let mut mistakes = Mistakes::default();
    let arguments = StepArguments::parse(arguments, &mut mistakes);
    let step = Function::read(Marked::Step, item, owner, arguments.blocking, &mut mistakes);
    if arguments.kind.is_none() {
        let message = kind::missing(&step, undo::doubt(&step, &arguments).is_some());
        mistakes.at_span(step.item.sig.ident.span(), message);
    }
    if let Some(on) = arguments.retry.as_ref().and_then(|retry| retry.on.as_ref())
        && !step.output.fallible
    {
        mistakes.at(
            on,
            "`on` looks at the step's error, and this step returns no `Result`",
        );
    }
    let expansion = match (&arguments.kind, mistakes.is_empty()) {
        (Some(kind), true) => expansion(&step, kind, &arguments),
        _ => fallback::step(&step, &arguments),
    };
    (expansion, mistakes.into_errors())
}

/// What is not a function with a body.
fn not_a_function(item: TokenStream) -> (TokenStream, Vec<Error>) {
    let message = match syn::parse2::<TraitItemFn>(item.clone()) {
        Ok(_) => "a step has a body: it stands in no trait, but in an impl block or by itself",
        Err(_) => "`#[step]` stands on an `async fn`",
    };
    let error = Error::new_spanned(&item, message);
    (item, vec![error])
}

/// A step without mistakes.
struct Definition<'a> {
    shape: Shape<'a>,
    kind: &'a Kind,
    arguments: &'a StepArguments,
}

/// The call, the user's own function, and the definition of the step.
fn expansion(step: &Function, kind: &Kind, arguments: &StepArguments) -> Expansion {
    let shape = Shape {
        function: step,
        krate: &arguments.krate,
    };
    let definition = Definition {
        shape,
        kind,
        arguments,
    };
    let (call, kept) = (shape.call(), kept(step));
    let (marker, items, cfgs) = (shape.marker_item(), definition.items(), shape.cfgs());
    let (in_place, inside) = if step.owner.is_some() {
        (Some(kept), None)
    } else {
        (None, Some(kept))
    };
    Expansion {
        function: quote!(#call #in_place),
        beside: quote! {
            #marker
            #(#cfgs)*
            const _: () = {
                #inside
                #items
            };
        },
    }
}

impl Definition<'_> {
    fn items(&self) -> TokenStream {
        let (undo_items, undo) = match self.kind.rollback() {
            Some(path) => {
                let (items, descriptor) = undo::emit(self.shape, path, self.arguments);
                (items, Some(descriptor))
            }
            None => (TokenStream::new(), None),
        };
        let (codecs, check) = (self.shape.codecs(), self.shape.error_check());
        let (step, run, descriptor) = (
            self.step_impl(),
            self.run(),
            self.descriptor(optional(undo)),
        );
        let (runtime, operation) = (self.shape.runtime(), self.shape.operation());
        quote! {
            #codecs
            #check
            #undo_items
            #step
            #run
            #descriptor
            #runtime::inventory::submit! { #operation::step::RegisteredStep(&__STEP) }
        }
    }
}

/// The user's own function, its body untouched.
pub(crate) fn kept(step: &Function) -> TokenStream {
    let mut item: ItemFn = step.item.clone();
    let told = ["doc", "deprecated", "must_use"];
    item.attrs
        .retain(|each| !told.iter().any(|name| each.path().is_ident(name)));
    item.vis = Visibility::Inherited;
    item.sig.ident = step.kept_name();
    // What the attribute asks for is no choice of the user's.
    quote! {
        #[allow(clippy::needless_pass_by_value, clippy::too_many_arguments, clippy::unused_async)]
        #item
    }
}
