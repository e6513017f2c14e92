//! The lowering of a saga's body, in passes: name → flatten → liveness → emit.
//!
//! Each pass is a module with tests of its own; `ir` is the form they share. The result is one
//! plain async block in which everything that stands before an await is the `else` of one `if`:
//! "are we being resumed at or past this point?".

mod borrow;
mod emit;
mod flatten;
mod graph;
mod ir;
mod join;
mod labels;
mod last;
mod liveness;
mod matches;
mod moves;
mod name;
mod order;
mod pattern;
mod place;
mod points;
mod refill;
mod scopes;
mod span;
mod taken;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;
pub(crate) use span::located;
use syn::{Block, Error, Ident, Type};

/// The hidden parameter through which the body talks to the engine.
pub(crate) fn frame_ident() -> Ident {
    emit::frame(proc_macro2::Span::call_site())
}

/// A parameter of a saga, as the body sees it.
pub(crate) struct Param {
    /// Its name.
    pub(crate) ident: Ident,
    /// Whether the body may assign to it.
    pub(crate) mutable: bool,
    pub(crate) kept: Kept,
    /// What writes and reads it where it is stored, if one value of that type is: an expression.
    pub(crate) codec: Option<TokenStream>,
}

/// Where the value of a parameter is had from, when the saga is resumed.
pub(crate) enum Kept {
    /// It is a local like others.
    Stored,
    /// It is a reference of this type, to what is stored under `__owned_..`.
    Behind(Box<Type>),
    /// It is there whenever the body is: the process provides it.
    Provided,
}

/// A lowered body.
pub(crate) struct Lowered {
    /// The statements of the body's async function.
    pub(crate) code: TokenStream,
    /// The await points: a list of `Point` literals.
    pub(crate) points: Vec<TokenStream>,
    /// The structured graph: a `Node` expression.
    pub(crate) graph: TokenStream,
}

/// Lowers a body. All mistakes are reported at once.
pub(crate) fn lower(
    params: &[Param],
    mut body: Block,
    runtime: &TokenStream,
) -> Result<Lowered, Vec<Error>> {
    let errors = join::as_awaits(&mut body);
    if !errors.is_empty() {
        return Err(errors);
    }
    let mut named = name::unique(params, body);
    refill::copy(&mut named.body, &named.vars, runtime);
    let mut flat = flatten::flatten(named, runtime)?;
    let errors = points::name(&mut flat.points);
    if !errors.is_empty() {
        return Err(errors);
    }
    let live = liveness::analyse(&flat);
    let (code, slots) = emit::emit(&flat, &live, runtime);
    Ok(Lowered {
        code,
        points: emit::points(&flat, &slots, runtime),
        graph: graph::describe(&flat.root, runtime),
    })
}
