//! Which locals may lose a part: `let name = trip.name;` leaves `trip.nights` behind. Such a local
//! is saved field by field, so that what is left of it survives an await.

use syn::visit::{self, Visit};
use syn::{Block, Expr, Ident, Macro};

use super::ir::{VarId, Vars};
use super::name::macro_arguments;
use super::order;
use super::pattern;
use super::place::Place;

/// Methods that take their receiver by value, by convention or in the standard library.
const CONSUMING: [&str; 24] = [
    "and_then",
    "chain",
    "collect",
    "err",
    "expect",
    "filter",
    "flatten",
    "fold",
    "map",
    "map_err",
    "map_or",
    "map_or_else",
    "ok",
    "ok_or",
    "ok_or_else",
    "or",
    "or_else",
    "sum",
    "try_into",
    "unwrap",
    "unwrap_or",
    "unwrap_or_default",
    "unwrap_or_else",
    "zip",
];

/// Whether a method takes its receiver by value.
pub(super) fn consumes(method: &Ident) -> bool {
    let name = method.to_string();
    name.starts_with("into") || CONSUMING.contains(&name.as_str())
}

/// Whether a macro takes its arguments by value.
pub(super) fn takes_arguments(mac: &Macro) -> bool {
    mac.path.is_ident("vec") || mac.path.is_ident("dbg")
}

/// Marks every local of which a field is used by value somewhere.
pub(super) fn mark(body: &Block, vars: &mut Vars) {
    let mut moves = Moves {
        vars,
        found: Vec::new(),
    };
    moves.visit_block(body);
    let found = moves.found;
    for id in found {
        vars.get_mut(id).split = true;
    }
}

struct Moves<'v> {
    vars: &'v Vars,
    found: Vec<VarId>,
}

impl Moves<'_> {
    /// What a pattern takes out of a place may leave the rest behind.
    fn taken_apart(&mut self, scrutinee: &Expr, pat: &syn::Pat) {
        let moves = pattern::bindings(pat).iter().any(|binding| !binding.by_ref);
        let whole = matches!(pat, syn::Pat::Ident(_) | syn::Pat::Type(_));
        if moves
            && !whole
            && let Some(place) = Place::of(scrutinee, self.vars)
        {
            self.found.push(place.root);
        }
    }
    /// Visits an expression that is only borrowed or looked into: a place is left where it is.
    fn borrowed(&mut self, expr: &Expr) {
        match expr {
            Expr::Paren(inner) => self.borrowed(&inner.expr),
            Expr::Field(field) => self.borrowed(&field.base),
            Expr::Index(index) => {
                self.borrowed(&index.expr);
                self.visit_expr(&index.index);
            }
            Expr::Unary(unary) => self.borrowed(&unary.expr),
            other => self.visit_expr(other),
        }
    }
}

impl<'a> Visit<'a> for Moves<'_> {
    fn visit_item(&mut self, _: &'a syn::Item) {}

    fn visit_expr_field(&mut self, field: &'a syn::ExprField) {
        match Place::of(&Expr::Field(field.clone()), self.vars) {
            Some(place) => self.found.push(place.root),
            None => visit::visit_expr_field(self, field),
        }
    }

    fn visit_expr_reference(&mut self, reference: &'a syn::ExprReference) {
        self.borrowed(&reference.expr);
    }

    fn visit_expr_index(&mut self, index: &'a syn::ExprIndex) {
        self.borrowed(&index.expr);
        self.visit_expr(&index.index);
    }

    fn visit_expr_binary(&mut self, binary: &'a syn::ExprBinary) {
        if order::is_comparison(&binary.op) {
            self.borrowed(&binary.left);
            self.borrowed(&binary.right);
        } else if order::is_assignment(&binary.op) {
            self.borrowed(&binary.left);
            self.visit_expr(&binary.right);
        } else {
            visit::visit_expr_binary(self, binary);
        }
    }

    fn visit_expr_assign(&mut self, assign: &'a syn::ExprAssign) {
        self.borrowed(&assign.left);
        self.visit_expr(&assign.right);
    }

    fn visit_expr_method_call(&mut self, call: &'a syn::ExprMethodCall) {
        if consumes(&call.method) {
            self.visit_expr(&call.receiver);
        } else {
            self.borrowed(&call.receiver);
        }
        for arg in &call.args {
            self.visit_expr(arg);
        }
    }

    fn visit_local(&mut self, local: &'a syn::Local) {
        if let Some(init) = &local.init {
            self.taken_apart(&init.expr, &local.pat);
        }
        visit::visit_local(self, local);
    }

    fn visit_expr_match(&mut self, matched: &'a syn::ExprMatch) {
        for arm in &matched.arms {
            self.taken_apart(&matched.expr, &arm.pat);
        }
        self.borrowed(&matched.expr);
        for arm in &matched.arms {
            self.visit_arm(arm);
        }
    }

    fn visit_expr_let(&mut self, expr: &'a syn::ExprLet) {
        self.taken_apart(&expr.expr, &expr.pat);
        self.borrowed(&expr.expr);
    }

    fn visit_macro(&mut self, mac: &'a Macro) {
        let by_value = takes_arguments(mac);
        for argument in macro_arguments(mac).unwrap_or_default() {
            if by_value {
                self.visit_expr(&argument);
            } else {
                self.borrowed(&argument);
            }
        }
    }
}
