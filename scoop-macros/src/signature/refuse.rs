//! What the signature of a step or a saga cannot be, each with the repair.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::{
    FnArg, ItemFn, Pat, PatType, Receiver, ReceiverKind, ReturnType, Safety, Signature, Token,
    Type, TypeReference,
};

use super::parameter::{resource_in, transaction, ungrouped};
use super::{Marked, owned};
use crate::diagnostics::Mistakes;

/// Judges what stands before the name.
pub(super) fn function(
    marked: Marked,
    item: &ItemFn,
    blocking: Option<Span>,
    mistakes: &mut Mistakes,
) {
    let sig = &item.sig;
    match (&sig.asyncness, blocking) {
        (None, None) => mistakes.at(sig.fn_token, not_async(marked, &sig.ident)),
        (Some(token), Some(_)) => {
            mistakes.at(
                token,
                "a `blocking` step is a plain `fn`: leave out `async`",
            );
        }
        _ => {}
    }
    if let Some(token) = &sig.constness {
        mistakes.at(token, format_args!("a {marked} cannot be `const`"));
    }
    if let Safety::Unsafe(token) = &sig.safety {
        mistakes.at(
            token,
            format_args!("a {marked} cannot be `unsafe`: put an `unsafe` block into its body"),
        );
    }
    if let Some(abi) = &sig.abi {
        mistakes.at(
            abi,
            format_args!("a {marked} cannot be `extern`: call the foreign function in a step"),
        );
    }
}

fn not_async(marked: Marked, name: &syn::Ident) -> String {
    let blocking = match marked {
        Marked::Step => ", or `#[step(.., blocking)]` if it blocks its thread",
        Marked::Saga => "",
    };
    format!("a {marked} is an `async fn`: write `async fn {name}`{blocking}")
}

/// Judges the parameters and the output. Whether a call can be written down all the same.
pub(super) fn signature(
    marked: Marked,
    sig: &Signature,
    in_resource: bool,
    blocking: Option<Span>,
    mistakes: &mut Mistakes,
) -> bool {
    let mut refuse = Refuse {
        marked,
        blocking: blocking.is_some(),
        transactions: 0,
        mistakes,
    };
    let mut understood = refuse.generics(sig);
    if let Some(variadic) = &sig.variadic {
        refuse.at(variadic.dots, "cannot be variadic: take a `Vec<T>`");
        understood = false;
    }
    for input in &sig.inputs {
        understood &= match input {
            FnArg::Receiver(this) => refuse.receiver(this, in_resource),
            FnArg::Typed(written) => refuse.parameter(written),
        };
    }
    if in_resource && sig.receiver().is_none() {
        let why =
            "in a `#[resource]` impl block takes `&self`; put one without it beside the block";
        refuse.at(&sig.ident, why);
        understood = false;
    }
    understood & refuse.output(sig)
}

const BORROWED_TRANSACTION: &str = "takes its transaction as `&mut Tx<'_, Postgres>` (or `Sqlite`): it is the engine's, which \
     commits it together with the step's outcome";

struct Refuse<'a> {
    marked: Marked,
    /// Whether it says that it blocks its thread.
    blocking: bool,
    /// How many it takes so far.
    transactions: usize,
    mistakes: &'a mut Mistakes,
}

impl Refuse<'_> {
    /// A mistake whose message begins with what the function is.
    fn at(&mut self, tokens: impl ToTokens, why: &str) {
        let marked = self.marked;
        self.mistakes.at(tokens, format_args!("a {marked} {why}"));
    }

    fn generics(&mut self, sig: &Signature) -> bool {
        let (generics, marked) = (&sig.generics, self.marked);
        if let Some(first) = generics.params.first() {
            let message = format_args!(
                "a {marked} cannot be generic: it is run again by its name, which says nothing of \
                 type parameters; write one {marked} for each type, or take an enum"
            );
            self.mistakes.at(first, message);
        } else if let Some(clause) = &generics.where_clause {
            self.at(
                clause.where_token,
                "has no `where` clause: it cannot be generic",
            );
        }
        generics.params.is_empty() && generics.where_clause.is_none()
    }

    fn receiver(&mut self, this: &Receiver, in_resource: bool) -> bool {
        match &this.kind {
            ReceiverKind::Reference(_, _, None) if in_resource => return true,
            ReceiverKind::Reference(_, _, None) => self.at(
                this,
                "that is a method: put `#[scoop::resource]` on the impl block, and provide its \
                 type at start-up",
            ),
            ReceiverKind::Reference(_, _, Some(token)) => self.at(
                token,
                "takes `&self`: its type is a resource that all runs share",
            ),
            _ => self.at(
                this,
                "takes `&self`, not `self`: its type is a resource that all runs share",
            ),
        }
        false
    }

    fn parameter(&mut self, written: &PatType) -> bool {
        let mut named = true;
        match &*written.pat {
            Pat::Wild(_) => {}
            Pat::Ident(pattern) if pattern.by_ref.is_none() && pattern.subpat.is_none() => {
                self.provided(pattern.mutability, &written.ty);
            }
            other => {
                named = self.marked == Marked::Step;
                self.mistakes.at(
                    other,
                    "give this parameter a name, and take it apart in the body",
                );
            }
        }
        named
            & match ungrouped(&written.ty) {
                Type::Reference(reference) => self.borrow(reference),
                ty if transaction(ty).is_some() => {
                    self.at(ty, BORROWED_TRANSACTION);
                    false
                }
                ty => owned::throughout(ty, "an argument", self.mistakes),
            }
    }

    /// A resource that a saga assigns to would be the provided one again after a crash.
    fn provided(&mut self, mutability: Option<Token![mut]>, ty: &Type) {
        if let Some(token) = mutability
            && self.marked == Marked::Saga
            && resource_in(ty).is_some()
        {
            self.mistakes.at(
                token,
                "a resource of a saga is not stored, so what is assigned to it would be gone after \
                 a crash; leave out `mut`",
            );
        }
    }

    fn borrow(&mut self, reference: &TypeReference) -> bool {
        if let Some(database) = transaction(&reference.elem) {
            return self.transaction(reference, database.is_some());
        }
        if let Some(token) = &reference.mutability {
            let marked = self.marked;
            let message = format_args!(
                "a {marked} cannot change its caller's value: it may run again, or in another \
                 process; take the value and return the new one"
            );
            self.mistakes.at(mutable_tokens(reference, token), message);
            return true;
        }
        if let Some(lifetime) = &reference.lifetime {
            self.mistakes.at(
                lifetime,
                "leave out the lifetime: an argument is stored, and borrowed from what was stored",
            );
            return true;
        }
        if resource_in(&reference.elem).is_some() {
            self.mistakes.at(
                reference,
                "take the `Resource<T>` itself: it is a shared pointer",
            );
            return true;
        }
        match ungrouped(&reference.elem) {
            Type::Slice(slice) => owned::throughout(&slice.elem, "an argument", self.mistakes),
            elem => owned::throughout(elem, "an argument", self.mistakes),
        }
    }

    fn transaction(&mut self, reference: &TypeReference, named: bool) -> bool {
        self.transactions += 1;
        let whole = self.marked == Marked::Step && named && reference.mutability.is_some();
        if self.marked == Marked::Saga {
            let message = "a saga has no transaction: it outlives them; let a step take it";
            self.mistakes.at(reference, message);
        } else if reference.mutability.is_none() {
            self.at(reference, BORROWED_TRANSACTION);
        } else if !named {
            self.at(
                reference,
                "says which database its transaction is of: `&mut Tx<'_, Postgres>` or `&mut Tx<'_, Sqlite>`",
            );
        } else if self.blocking {
            self.at(
                reference,
                "that is `blocking` takes no transaction: its SQL is awaited; make it an `async fn`",
            );
        } else if self.transactions == 2 {
            self.at(
                reference,
                "has one transaction: it commits with the step's outcome",
            );
        }
        whole
    }

    fn output(&mut self, sig: &Signature) -> bool {
        let ReturnType::Type(_, ty) = &sig.output else {
            return true;
        };
        let whose = format!("the output of a {}", self.marked);
        owned::throughout(ty, &whose, self.mistakes)
    }
}

fn mutable_tokens(reference: &TypeReference, token: &Token![mut]) -> TokenStream {
    let and = &reference.and_token;
    quote!(#and #token)
}
