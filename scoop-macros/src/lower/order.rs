//! The operands of an expression, in the order in which Rust evaluates them.

use syn::Expr;

/// The operands of an expression that has no control flow of its own. `None` for control flow,
/// closures, and what a saga cannot look into.
pub(super) fn operands(expr: &Expr) -> Option<Vec<&Expr>> {
    let mut copies = Vec::new();
    collect(expr, &mut copies).then_some(copies)
}

fn collect<'a>(expr: &'a Expr, out: &mut Vec<&'a Expr>) -> bool {
    match expr {
        Expr::Array(e) => out.extend(&e.elems),
        Expr::Tuple(e) => out.extend(&e.elems),
        Expr::Await(e) => out.push(&e.base),
        Expr::Binary(e) if is_assignment(&e.op) => out.extend([&*e.right, &*e.left]),
        Expr::Binary(e) => out.extend([&*e.left, &*e.right]),
        Expr::Call(e) => {
            out.push(&e.func);
            out.extend(&e.args);
        }
        Expr::Cast(e) => out.push(&e.expr),
        Expr::Field(e) => out.push(&e.base),
        Expr::Group(e) => out.push(&e.expr),
        Expr::Index(e) => out.extend([&*e.expr, &*e.index]),
        Expr::Lit(_) | Expr::Path(_) | Expr::Infer(_) | Expr::Const(_) => {}
        Expr::MethodCall(e) => {
            out.push(&e.receiver);
            out.extend(&e.args);
        }
        Expr::Paren(e) => out.push(&e.expr),
        Expr::Range(e) => out.extend(e.start.iter().chain(&e.end).map(|e| &**e)),
        Expr::Reference(e) => out.push(&e.expr),
        Expr::Repeat(e) => out.push(&e.expr),
        Expr::Struct(e) => {
            out.extend(e.fields.iter().map(|field| &field.expr));
            out.extend(e.rest.as_deref());
        }
        Expr::Try(e) => out.push(&e.expr),
        Expr::Unary(e) => out.push(&e.expr),
        _ => return false,
    }
    true
}

/// Whether this is `+=` or the like: the right side is evaluated first.
pub(super) const fn is_assignment(op: &syn::BinOp) -> bool {
    use syn::BinOp::{
        AddAssign, BitAndAssign, BitOrAssign, BitXorAssign, DivAssign, MulAssign, RemAssign,
        ShlAssign, ShrAssign, SubAssign,
    };
    matches!(
        op,
        AddAssign(_)
            | SubAssign(_)
            | MulAssign(_)
            | DivAssign(_)
            | RemAssign(_)
            | BitXorAssign(_)
            | BitAndAssign(_)
            | BitOrAssign(_)
            | ShlAssign(_)
            | ShrAssign(_)
    )
}

/// Whether this is a comparison: it borrows its operands.
pub(super) const fn is_comparison(op: &syn::BinOp) -> bool {
    use syn::BinOp::{Eq, Ge, Gt, Le, Lt, Ne};
    matches!(op, Eq(_) | Ne(_) | Lt(_) | Le(_) | Gt(_) | Ge(_))
}
