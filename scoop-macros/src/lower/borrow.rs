//! Which expressions may be evaluated again after an await without anybody noticing: constants,
//! and borrows of places, which cannot have changed while the borrow is in use.

use syn::spanned::Spanned;
use syn::{Expr, Lit, UnOp};

use super::ir::{VarId, Vars};
use super::place::Place;

/// Methods that by Rust's naming conventions are a free borrow of their receiver.
const BORROWING: [&str; 7] = [
    "as_ref", "as_deref", "as_str", "as_slice", "as_bytes", "as_path", "as_mut",
];

/// Methods that turn a borrowed collection into an iterator, and adaptors without closures, all of
/// which yield the same items in the same order when they are asked again.
const ITERATING: [&str; 8] = [
    "iter",
    "keys",
    "values",
    "chars",
    "bytes",
    "lines",
    "char_indices",
    "split_whitespace",
];
const ADAPTING: [&str; 6] = ["enumerate", "rev", "skip", "take", "copied", "cloned"];

/// The locals an expression borrows from, where evaluating it again gives the same borrow.
/// Constants borrow from nothing.
pub(super) fn evaluated_again(expr: &Expr, vars: &Vars) -> Option<Vec<Place>> {
    match expr {
        Expr::Lit(literal) => has_own_type(&literal.lit).then(Vec::new),
        Expr::Reference(reference) => match &*reference.expr {
            Expr::Lit(literal) => has_own_type(&literal.lit).then(Vec::new),
            place if is_provided(place, vars) => Some(Vec::new()),
            place => place_roots(place, vars),
        },
        Expr::Paren(inner) => evaluated_again(&inner.expr, vars),
        Expr::Group(inner) => evaluated_again(&inner.expr, vars),
        Expr::Tuple(tuple) => {
            let mut roots = Vec::new();
            for element in &tuple.elems {
                roots.extend(evaluated_again(element, vars)?);
            }
            Some(roots)
        }
        Expr::MethodCall(call)
            if call.args.is_empty() && BORROWING.iter().any(|name| call.method == name) =>
        {
            place_roots(&call.receiver, vars)
        }
        _ => borrowed_local(expr, vars).map(|id| vec![Place::whole(id)]),
    }
}

/// Whether a place is in what the process provides: `self`, a resource, or a field of one.
fn is_provided(place: &Expr, vars: &Vars) -> bool {
    match place {
        Expr::Field(field) => is_provided(&field.base, vars),
        Expr::Paren(inner) => is_provided(&inner.expr, vars),
        Expr::Path(path) => path
            .path
            .get_ident()
            .is_some_and(|ident| ident == "self" || vars.provided.contains(&ident.to_string())),
        _ => false,
    }
}

/// The local, where the expression is one that is itself a borrow.
pub(super) fn borrowed_local(expr: &Expr, vars: &Vars) -> Option<VarId> {
    let place = Place::of(expr, vars)?;
    (place.fields.is_empty() && !vars.is_saved(place.root) && !is_constant(place.root, vars))
        .then_some(place.root)
}

/// Whether a literal's type does not depend on its use: `5` may be an `i32` before the await and a
/// `u64` after it, if each is inferred alone.
fn has_own_type(literal: &Lit) -> bool {
    match literal {
        Lit::Int(int) => !int.suffix().is_empty(),
        Lit::Float(float) => !float.suffix().is_empty(),
        _ => true,
    }
}

fn is_constant(id: VarId, vars: &Vars) -> bool {
    vars.roots(id).is_empty()
}

/// The locals in a place that stays the same place: fields, and indices that are constants.
fn place_roots(place: &Expr, vars: &Vars) -> Option<Vec<Place>> {
    match place {
        Expr::Index(index) if is_constant_index(&index.index) => place_roots(&index.expr, vars),
        Expr::Field(field) if Place::of(place, vars).is_none() => place_roots(&field.base, vars),
        Expr::Paren(inner) => place_roots(&inner.expr, vars),
        Expr::Unary(unary) if matches!(unary.op, UnOp::Deref(_)) => place_roots(&unary.expr, vars),
        _ => Place::of(place, vars).map(|place| vec![place]),
    }
}

fn is_constant_index(index: &Expr) -> bool {
    match index {
        Expr::Lit(_) => true,
        Expr::Range(range) => [&range.start, &range.end]
            .into_iter()
            .flatten()
            .all(|end| matches!(**end, Expr::Lit(_))),
        _ => false,
    }
}

/// A loop over a borrow: the locals it borrows from, the expression whose order counts, and the
/// whole expression with `__base` in its place.
pub(super) struct BorrowedLoop {
    pub(super) roots: Vec<Place>,
    pub(super) base: Expr,
    pub(super) whole: Expr,
}

/// What stands after `in`, where it is a borrow that can be positioned again.
pub(super) fn borrowed_loop(expr: &Expr, vars: &Vars) -> Option<BorrowedLoop> {
    match expr {
        Expr::Reference(reference) if reference.mutability.is_none() => {
            let roots = place_roots(&reference.expr, vars)?;
            Some(direct(roots, into_iter(expr)))
        }
        Expr::Paren(inner) => borrowed_loop(&inner.expr, vars),
        Expr::MethodCall(call) if ITERATING.iter().any(|name| call.method == name) => {
            let roots = place_roots(&call.receiver, vars)?;
            call.args.is_empty().then(|| direct(roots, expr.clone()))
        }
        Expr::MethodCall(call)
            if ADAPTING.iter().any(|name| call.method == name)
                && call.args.iter().all(|arg| matches!(arg, Expr::Lit(_))) =>
        {
            let inner = borrowed_loop(&call.receiver, vars)?;
            let mut outer = call.clone();
            outer.receiver = Box::new(inner.whole);
            Some(BorrowedLoop {
                whole: Expr::MethodCall(outer),
                ..inner
            })
        }
        _ => {
            let id = borrowed_local(expr, vars)?;
            Some(direct(vec![Place::whole(id)], into_iter(expr)))
        }
    }
}

/// The iterator of what stands after `in`. What is wrong with it is said there.
fn into_iter(expr: &Expr) -> Expr {
    let span = expr.span();
    syn::parse_quote_spanned!(span=> ::core::iter::IntoIterator::into_iter(#expr))
}

fn direct(roots: Vec<Place>, base: Expr) -> BorrowedLoop {
    BorrowedLoop {
        roots,
        base,
        whole: syn::parse_quote!(__base),
    }
}
