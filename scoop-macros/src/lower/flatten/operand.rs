//! Operands are evaluated from left to right: what stands before an await, and could change
//! meanwhile, is kept in a local of its own.

use syn::spanned::Spanned;
use syn::{Expr, parse_quote};

use super::super::borrow;
use super::super::ir::Node;
use super::super::place::Place;
use super::{Flatten, find};

impl Flatten {
    /// Flattens operands from left to right.
    pub(super) fn operands(&mut self, operands: Vec<Expr>, out: &mut Vec<Node>) -> Vec<Expr> {
        let Some(last) = operands.iter().rposition(find::in_expr) else {
            return operands;
        };
        let mut flat = Vec::new();
        for (index, operand) in operands.into_iter().enumerate() {
            let value = self.expr(operand, out);
            let stays = index >= last || self.stays(&value);
            flat.push(match value {
                value if stays => value,
                Expr::Reference(mut e) if e.mutability.is_none() && makes_a_value(&e.expr) => {
                    e.expr = Box::new(self.pinned(*e.expr, "operand", out));
                    Expr::Reference(e)
                }
                value => self.pinned(value, "operand", out),
            });
        }
        flat
    }

    /// A place that is looked into after an await stays where it is, as it cannot be changed
    /// meanwhile; but the indices on the way to it are evaluated before.
    pub(super) fn stay_in_place(&mut self, place: &mut Expr, out: &mut Vec<Node>) {
        match place {
            Expr::Field(e) => self.stay_in_place(&mut e.base, out),
            Expr::Paren(e) => self.stay_in_place(&mut e.expr, out),
            Expr::Index(e) => {
                self.stay_in_place(&mut e.expr, out);
                let index = self.expr((*e.index).clone(), out);
                *e.index = if self.stays(&index) {
                    index
                } else {
                    self.pinned(index, "operand", out)
                };
            }
            _ => {}
        }
    }

    /// Whether an operand has the same value after a later operand's await.
    pub(super) fn stays(&self, expr: &Expr) -> bool {
        if borrow::evaluated_again(expr, &self.vars).is_some() {
            return true;
        }
        match expr {
            Expr::Lit(_) | Expr::Closure(_) | Expr::Async(_) => true,
            Expr::Path(_) => {
                Place::of(expr, &self.vars).is_none_or(|place| !self.vars.get(place.root).mutable)
            }
            Expr::Field(field) => self.stays(&field.base),
            _ => false,
        }
    }

    /// Keeps a value in a local of its own.
    pub(super) fn pinned(&mut self, value: Expr, what: &str, out: &mut Vec<Node>) -> Expr {
        let temp = self.temp(what, value.span());
        let id = self.vars.find(&temp).expect("it was just made");
        if super::statement::borrow_may_hide(&value) {
            self.vars.get_mut(id).probe = true;
        }
        out.push(Node::Plain(parse_quote!(let #temp = #value;)));
        parse_quote!(#temp)
    }
}

/// Whether what is borrowed here is nobody's yet, so that it can be kept and borrowed again.
const fn makes_a_value(expr: &Expr) -> bool {
    matches!(
        expr,
        Expr::Call(_) | Expr::MethodCall(_) | Expr::Macro(_) | Expr::Block(_) | Expr::Struct(_)
    )
}
