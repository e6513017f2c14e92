//! One saga: parse, check, lower, expand.

mod expand;

use proc_macro2::TokenStream;
use syn::{Error, ItemFn, Type};

use crate::attribute::saga::SagaArgs;
use crate::diagnostics::Mistakes;
use crate::lower::{self, Lowered, Param};
use crate::signature::{self, Argument, Output};

/// A saga.
struct Saga {
    args: SagaArgs,
    function: ItemFn,
    arguments: Vec<Argument>,
    output: Output,
    /// The lowered body; none where there were mistakes.
    lowered: Option<Lowered>,
}

/// Expands `#[saga(args)]` on a free function.
pub(crate) fn expand(args: TokenStream, item: TokenStream) -> (TokenStream, Vec<Error>) {
    let mut mistakes = Mistakes::default();
    let args = SagaArgs::parse(args, &mut mistakes);
    let Some(function) = mistakes.take(syn::parse2::<ItemFn>(item.clone())) else {
        return (item, mistakes.into_vec());
    };
    let saga = Saga::parse(args, function, &mut mistakes);
    let tokens = saga.map_or_else(|| crate::fallback::item(item), |saga| expand::expand(&saga));
    (tokens, mistakes.into_vec())
}

impl Saga {
    /// Reads a saga. `None` where its signature cannot be understood.
    fn parse(args: SagaArgs, function: ItemFn, mistakes: &mut Mistakes) -> Option<Self> {
        let sig = &function.sig;
        if sig.asyncness.is_none() {
            mistakes.add(
                sig.fn_token.span,
                "a saga is an `async fn`: write `async fn`",
            );
        }
        signature::no_generics("saga", &sig.generics, mistakes);
        let output = signature::output("saga", &sig.output, mistakes);
        let generic = !sig.generics.params.is_empty();
        let mut understood =
            !generic && !matches!(output.ty, Type::ImplTrait(_) | Type::Reference(_));
        let mut arguments = Vec::new();
        for (index, input) in sig.inputs.iter().enumerate() {
            match signature::argument("saga", index, input, mistakes) {
                Some(argument) => arguments.push(argument),
                None => understood = false,
            }
        }
        let lowered = Self::lower(&args, &function, &arguments, mistakes);
        understood.then_some(Self {
            args,
            function,
            arguments,
            output,
            lowered,
        })
    }

    fn lower(
        args: &SagaArgs,
        function: &ItemFn,
        arguments: &[Argument],
        mistakes: &mut Mistakes,
    ) -> Option<Lowered> {
        let params: Vec<Param> = arguments
            .iter()
            .map(|argument| Param {
                ident: argument.ident.clone(),
                mutable: argument.mutable,
                borrowed: argument.is_borrowed().then(|| argument.written.clone()),
            })
            .collect();
        match lower::lower(&params, (*function.block).clone(), &args.runtime()) {
            Ok(lowered) => function.sig.asyncness.is_some().then_some(lowered),
            Err(wrong) => {
                wrong.into_iter().for_each(|error| mistakes.push(error));
                None
            }
        }
    }
}
