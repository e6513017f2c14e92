//! What is in scope where an `async` block begins: only that can be captured, whatever else has the same
//! name elsewhere, such as a step. An attribute on the block has the number of its scope.

use syn::{Attribute, Expr, ExprAsync, ExprCall, ExprLit, ExprTuple, Ident, Lit, parse_quote};

/// The name of the attribute.
const SCOPE: &str = "__scoop_scope";

/// Whether this awaits several operations, which may be `async` blocks.
pub(super) fn is_of_several(name: &Ident) -> bool {
    ["join", "try_join", "race"]
        .iter()
        .any(|known| name == known)
}

/// The operations that are awaited at once by this call, where these are several.
pub(super) fn joined(call: &ExprCall) -> Option<&ExprTuple> {
    let Expr::Path(path) = &*call.func else {
        return None;
    };
    let name = &path.path.segments.last()?.ident;
    match call.args.first() {
        Some(Expr::Tuple(tuple)) if is_of_several(name) => Some(tuple),
        _ => None,
    }
}

/// Whether this is an operation of which each failure is caught.
pub(super) fn is_caught(call: &ExprCall) -> bool {
    call.args.len() == 1 && is_call_of(call, "caught")
}

/// Whether this is an operation against the clock, which is its second argument.
pub(super) fn is_timed(call: &ExprCall) -> bool {
    call.args.len() == 2 && is_call_of(call, "timeout")
}

/// Whether these are operations of which one is enough.
pub(super) fn is_race(call: &ExprCall) -> bool {
    is_call_of(call, "race")
}

fn is_call_of(call: &ExprCall, name: &str) -> bool {
    let Expr::Path(path) = &*call.func else {
        return false;
    };
    let last = path.path.segments.last().map(|last| &last.ident);
    last.is_some_and(|last| last == name)
}

/// The same, to be changed.
pub(super) fn joined_mut(call: &mut ExprCall) -> Option<&mut ExprTuple> {
    joined(call)?;
    match call.args.first_mut() {
        Some(Expr::Tuple(tuple)) => Some(tuple),
        _ => None,
    }
}

/// What this call awaits that may be an `async` block: several operations at once, or one against the clock.
pub(super) fn operations(call: &mut ExprCall) -> Vec<&mut Expr> {
    if is_timed(call) {
        return call.args.iter_mut().skip(1).collect();
    }
    let joined = joined_mut(call).into_iter();
    joined.flat_map(|tuple| &mut tuple.elems).collect()
}

/// The blocks among them.
pub(super) fn blocks(call: &mut ExprCall) -> impl Iterator<Item = &mut ExprAsync> {
    let operations = operations(call).into_iter();
    operations.filter_map(|operation| match operation {
        Expr::Async(block) => Some(block),
        _ => None,
    })
}

/// Says which is the scope of a block.
pub(super) fn mark(block: &mut ExprAsync, scope: usize) {
    take(block);
    let name = Ident::new(SCOPE, proc_macro2::Span::mixed_site());
    block.attrs.push(parse_quote!(#[#name = #scope]));
}

/// Which that is.
pub(super) fn take(block: &mut ExprAsync) -> Option<usize> {
    let place = block
        .attrs
        .iter()
        .position(|attr| attr.path().is_ident(SCOPE))?;
    number(&block.attrs.remove(place))
}

fn number(attribute: &Attribute) -> Option<usize> {
    match &attribute.meta.require_name_value().ok()?.value {
        Expr::Lit(ExprLit {
            lit: Lit::Int(number),
            ..
        }) => number.base10_parse().ok(),
        _ => None,
    }
}
