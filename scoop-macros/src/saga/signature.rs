//! The signature of a saga, and everything that is wrong with it.

use quote::format_ident;
use syn::spanned::Spanned;
use syn::{Error, FnArg, Ident, ItemFn, Pat, ReturnType, Type, parse_quote};

use crate::lower::Param;

/// A signature that a saga can have.
pub(super) struct Signature {
    pub(super) arguments: Vec<Argument>,
    pub(super) output: Type,
    /// Whether the output is a `Result`.
    pub(super) fallible: bool,
}

/// One argument: stored owned, and seen by the body as it is written.
pub(super) struct Argument {
    pub(super) ident: Ident,
    pub(super) mutable: bool,
    /// The type as the user wrote it.
    pub(super) written: Type,
    /// The type that is stored.
    pub(super) stored: Type,
}

impl Argument {
    pub(super) const fn is_borrowed(&self) -> bool {
        matches!(self.written, Type::Reference(_))
    }

    /// The name under which the owned value is bound.
    pub(super) fn owned_ident(&self) -> Ident {
        if self.is_borrowed() {
            format_ident!("__owned_{}", self.ident)
        } else {
            self.ident.clone()
        }
    }
}

impl Signature {
    /// Reads a signature; all mistakes at once.
    pub(super) fn of(function: &ItemFn) -> Result<Self, Vec<Error>> {
        let sig = &function.sig;
        let mut errors = Vec::new();
        let mut refuse = |span, message: &str| errors.push(Error::new(span, message));
        if sig.asyncness.is_none() {
            refuse(
                sig.fn_token.span,
                "a saga is an `async fn`: write `async fn`",
            );
        }
        if !sig.generics.params.is_empty() || sig.generics.where_clause.is_some() {
            refuse(
                sig.generics.span(),
                "a saga cannot be generic: it is found again by its name after a crash, and has to \
                 have one meaning; write one saga for each type, or take an enum",
            );
        }
        if let Some(token) = &sig.constness {
            refuse(token.span, "a saga cannot be `const`");
        }
        let mut arguments = Vec::new();
        for (index, input) in sig.inputs.iter().enumerate() {
            match argument(index, input) {
                Ok(argument) => arguments.push(argument),
                Err(error) => errors.push(error),
            }
        }
        let output: Type = match &sig.output {
            ReturnType::Default => parse_quote!(()),
            ReturnType::Type(_, ty) => (**ty).clone(),
        };
        if let Type::ImplTrait(ty) = &output {
            errors.push(Error::new(
                ty.span(),
                "the result of a saga is stored, so it needs a type with a name: write the \
                 concrete type",
            ));
        }
        let fallible = is_result(&output);
        if errors.is_empty() {
            Ok(Self {
                arguments,
                output,
                fallible,
            })
        } else {
            Err(errors)
        }
    }

    /// The parameters as the lowering sees them.
    pub(super) fn params(&self) -> impl Iterator<Item = Param> + '_ {
        self.arguments.iter().map(|argument| Param {
            ident: argument.ident.clone(),
            mutable: argument.mutable,
            borrowed: argument.is_borrowed().then(|| argument.written.clone()),
        })
    }
}

/// Whether a type is a `Result` by its name; aliases are too.
fn is_result(ty: &Type) -> bool {
    match ungrouped(ty) {
        Type::Path(path) => path
            .path
            .segments
            .last()
            .is_some_and(|last| last.ident.to_string().ends_with("Result")),
        _ => false,
    }
}

/// The type inside the invisible brackets that a `macro_rules!` macro puts around it.
fn ungrouped(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => ungrouped(&group.elem),
        Type::Paren(paren) => ungrouped(&paren.elem),
        ty => ty,
    }
}

fn argument(index: usize, input: &FnArg) -> Result<Argument, Error> {
    let typed = match input {
        FnArg::Typed(typed) => typed,
        FnArg::Receiver(receiver) => {
            return Err(Error::new(
                receiver.span(),
                "a saga that takes `&self` is a method of a resource: put `#[scoop::resource]` on \
                 the `impl` block",
            ));
        }
    };
    let (ident, mutable) = match &*typed.pat {
        Pat::Ident(pat) if pat.by_ref.is_none() && pat.subpat.is_none() => {
            (pat.ident.clone(), pat.mutability.is_some())
        }
        Pat::Wild(wild) => (format_ident!("__unused{index}", span = wild.span()), false),
        other => {
            return Err(Error::new(
                other.span(),
                "an argument of a saga has a name: take it whole, and write `let` for its parts",
            ));
        }
    };
    let written = ungrouped(&typed.ty).clone();
    let stored = stored_type(&written)?;
    Ok(Argument {
        ident,
        mutable,
        written,
        stored,
    })
}

fn stored_type(ty: &Type) -> Result<Type, Error> {
    match ty {
        Type::ImplTrait(ty) => Err(Error::new(
            ty.span(),
            "an argument of a saga is stored, so it needs a type with a name: write the concrete \
             type instead of `impl Trait`",
        )),
        Type::Reference(reference) if reference.mutability.is_some() => Err(Error::new(
            reference.span(),
            "an argument of a saga is stored, so nobody would see what is written through `&mut`; \
             take the value, and return the new one",
        )),
        Type::Reference(reference) => Ok(match &*reference.elem {
            Type::Path(path) if path.path.is_ident("str") => parse_quote!(::std::string::String),
            Type::Slice(slice) => {
                let elem = &slice.elem;
                parse_quote!(::std::vec::Vec<#elem>)
            }
            elem => elem.clone(),
        }),
        other => Ok(other.clone()),
    }
}
