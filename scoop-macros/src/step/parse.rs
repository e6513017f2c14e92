//! Reads a step, and says everything that is wrong with it.

use proc_macro2::Ident;
use quote::format_ident;
use syn::{ItemFn, Type};

use crate::attribute::step::{Kind, StepArgs};
use crate::diagnostics::Mistakes;
use crate::signature::{self, Argument, Output};

/// A step.
pub(super) struct Step {
    pub(super) args: StepArgs,
    pub(super) function: ItemFn,
    pub(super) arguments: Vec<Argument>,
    /// For each parameter of the function: a stored argument, or a resource.
    pub(super) parameters: Vec<Parameter>,
    pub(super) output: Output,
    pub(super) kind: Kind,
}

/// What a parameter of the user's function is filled with.
#[expect(clippy::large_enum_variant, reason = "a signature is read once")]
pub(super) enum Parameter {
    /// The stored argument at this index.
    Stored(usize),
    /// A resource of this type.
    Resource(Type),
}

impl Step {
    /// Reads a step. `None` where its signature cannot be understood.
    pub(super) fn parse(args: StepArgs, function: ItemFn, mistakes: &mut Mistakes) -> Option<Self> {
        let sig = &function.sig;
        check_colour(&args, &function, mistakes);
        signature::no_generics("step", &sig.generics, mistakes);
        let generic = !sig.generics.params.is_empty();
        let output = signature::output("step", &sig.output, mistakes);
        let (mut arguments, mut parameters) = (Vec::new(), Vec::new());
        let mut understood =
            !generic && !matches!(output.ty, Type::ImplTrait(_) | Type::Reference(_));
        for (index, input) in sig.inputs.iter().enumerate() {
            if let Some(resource) = signature::resource_type(input) {
                parameters.push(Parameter::Resource(resource));
            } else if is_transaction(input) {
                mistakes.add(
                    syn::spanned::Spanned::span(input),
                    "transactional steps (`tx: &mut Tx<..>`) are not available in this release yet",
                );
                understood = false;
            } else if let Some(argument) = signature::argument("step", index, input, mistakes) {
                parameters.push(Parameter::Stored(arguments.len()));
                arguments.push(argument);
            } else {
                understood = false;
            }
        }
        let kind = kind(&args, &sig.ident, mistakes);
        understood.then_some(Self {
            args,
            function,
            arguments,
            parameters,
            output,
            kind,
        })
    }

    /// The hidden type that stands for the step.
    pub(super) fn marker(&self) -> Ident {
        format_ident!("__{}", self.function.sig.ident)
    }
}

fn is_transaction(input: &syn::FnArg) -> bool {
    let syn::FnArg::Typed(typed) = input else {
        return false;
    };
    let Type::Reference(reference) = &*typed.ty else {
        return false;
    };
    match &*reference.elem {
        Type::Path(path) => path
            .path
            .segments
            .last()
            .is_some_and(|last| last.ident == "Tx"),
        _ => false,
    }
}

fn check_colour(args: &StepArgs, function: &ItemFn, mistakes: &mut Mistakes) {
    let sig = &function.sig;
    match (&sig.asyncness, args.blocking) {
        (None, false) => mistakes.add(
            sig.fn_token.span,
            "a step is an `async fn`: write `async fn`, or `#[step(.., blocking)]` for a function \
             that blocks its thread",
        ),
        (Some(token), true) => mistakes.add(
            token.span,
            "a `blocking` step is a plain `fn`: remove `async`, or remove `blocking`",
        ),
        _ => {}
    }
    if let Some(token) = &sig.constness {
        mistakes.add(token.span, "a step cannot be `const`");
    }
}

/// The promise that the step makes; the message that this library is known for, where it makes
/// none.
fn kind(args: &StepArgs, ident: &Ident, mistakes: &mut Mistakes) -> Kind {
    args.kind.clone().unwrap_or_else(|| {
        mistakes.add(
            ident.span(),
            format!(
                "step `{ident}` does not say how it is undone\n\
                 write one of:\n  \
                 #[step(rollback = undo_{ident})]  it can be undone, by that function\n  \
                 #[step(pivot)]  it cannot be undone: from here on the saga only goes forward\n  \
                 #[step(retriable)]  it needs no undo, and is repeated until it succeeds\n  \
                 #[step(read_only)]  it has no effect"
            ),
        );
        Kind::ReadOnly
    })
}
