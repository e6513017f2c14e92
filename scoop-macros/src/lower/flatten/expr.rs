//! Expressions: takes the awaits out of each form of them.

use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{BinOp, Expr, ExprCall, ExprMethodCall, parse_quote};

use super::super::ir::{Dest, Node, VarId};
use super::super::order;
use super::super::place::Place;
use super::statement::is_control;
use super::{Flatten, find};

impl Flatten {
    /// Takes the awaits out of an expression; what is left of it holds none.
    pub(super) fn expr(&mut self, expr: Expr, out: &mut Vec<Node>) -> Expr {
        if !find::in_expr(&expr) {
            return expr;
        }
        if matches!(expr, Expr::ForLoop(_)) {
            self.control(expr, Dest::Statement, out);
            return parse_quote!(());
        }
        if is_control(&expr) {
            let temp = self.temp("value", expr.span());
            self.control(expr, Dest::Let(parse_quote!(#temp), None), out);
            return parse_quote!(#temp);
        }
        match expr {
            Expr::Await(e) => self.awaited(e, out),
            Expr::Try(mut e) => {
                let is_await = matches!(*e.expr, Expr::Await(_));
                e.expr = self.boxed(e.expr, out);
                if is_await && let Some(point) = self.points.last_mut() {
                    point.tried = true;
                }
                self.pinned(Expr::Try(e), "ok", out)
            }
            Expr::Macro(mut e) => {
                let arguments = super::super::name::macro_arguments(&e.mac).unwrap_or_default();
                let arguments = self.operands(arguments, out);
                e.mac.tokens = quote::quote!(#(#arguments),*);
                Expr::Macro(e)
            }
            Expr::Call(e) => self.call(e, out),
            Expr::MethodCall(e) => self.method_call(e, out),
            Expr::Binary(e) => self.binary(e, out),
            other => self.simple(other, out),
        }
    }

    /// Expressions whose operands are just evaluated in order.
    #[expect(clippy::too_many_lines, reason = "one arm for each form of expression")]
    fn simple(&mut self, expr: Expr, out: &mut Vec<Node>) -> Expr {
        match expr {
            Expr::Assign(mut e) => {
                e.right = self.boxed(e.right, out);
                Expr::Assign(e)
            }
            Expr::Return(mut e) => {
                e.expr = e.expr.map(|value| self.boxed(value, out));
                Expr::Return(e)
            }
            Expr::Break(mut e) => {
                e.expr = e.expr.map(|value| self.boxed(value, out));
                Expr::Break(e)
            }
            Expr::Paren(mut e) => {
                e.expr = self.boxed(e.expr, out);
                Expr::Paren(e)
            }
            Expr::Group(e) => self.expr(*e.expr, out),
            Expr::Cast(mut e) => {
                e.expr = self.boxed(e.expr, out);
                Expr::Cast(e)
            }
            Expr::Unary(mut e) => {
                e.expr = self.boxed(e.expr, out);
                Expr::Unary(e)
            }
            Expr::Reference(mut e) => {
                e.expr = self.boxed(e.expr, out);
                if let Expr::Path(path) = &*e.expr
                    && let Some(id) = path.path.get_ident().and_then(|i| self.vars.find(i))
                    && e.mutability.is_some()
                {
                    self.vars.get_mut(id).mutable = true;
                }
                Expr::Reference(e)
            }
            Expr::Field(mut e) => {
                e.base = self.boxed(e.base, out);
                Expr::Field(e)
            }
            Expr::Index(mut e) if Place::root_of(&e.expr, &self.vars).is_some() => {
                self.stay_in_place(&mut e.expr, out);
                e.index = self.boxed(e.index, out);
                Expr::Index(e)
            }
            Expr::Index(mut e) => {
                let mut both = self.operands(vec![*e.expr, *e.index], out).into_iter();
                e.expr = Box::new(both.next().expect("two operands"));
                e.index = Box::new(both.next().expect("two operands"));
                Expr::Index(e)
            }
            Expr::Tuple(mut e) => {
                e.elems = self
                    .operands(e.elems.into_iter().collect(), out)
                    .into_iter()
                    .collect();
                Expr::Tuple(e)
            }
            Expr::Array(mut e) => {
                e.elems = self
                    .operands(e.elems.into_iter().collect(), out)
                    .into_iter()
                    .collect();
                Expr::Array(e)
            }
            Expr::Range(mut e) => {
                let ends = [e.start.take(), e.end.take()];
                let given = ends.iter().flatten().map(|end| (**end).clone()).collect();
                let mut flat = self.operands(given, out).into_iter();
                let [start, end] = ends.map(|end| end.and_then(|_| flat.next()).map(Box::new));
                (e.start, e.end) = (start, end);
                Expr::Range(e)
            }
            Expr::Repeat(mut e) => {
                e.expr = self.boxed(e.expr, out);
                Expr::Repeat(e)
            }
            Expr::Struct(e) => self.structure(e, out),
            other => {
                self.refuse(
                    other.span(),
                    "an `.await` cannot be saved inside this form of expression; bind its value \
                     with `let` on the line before",
                );
                other
            }
        }
    }

    fn structure(&mut self, mut e: syn::ExprStruct, out: &mut Vec<Node>) -> Expr {
        let rest = e.rest.take();
        let mut all: Vec<Expr> = e.fields.iter().map(|field| field.expr.clone()).collect();
        all.extend(rest.as_deref().cloned());
        let mut flat = self.operands(all, out).into_iter();
        for field in &mut e.fields {
            field.expr = flat.next().expect("one for each field");
        }
        e.rest = rest.and_then(|_| flat.next()).map(Box::new);
        Expr::Struct(e)
    }

    #[expect(
        clippy::boxed_local,
        reason = "it stands in for the box in the syntax tree"
    )]
    fn boxed(&mut self, expr: Box<Expr>, out: &mut Vec<Node>) -> Box<Expr> {
        Box::new(self.expr(*expr, out))
    }

    pub(super) fn call(&mut self, mut e: ExprCall, out: &mut Vec<Node>) -> Expr {
        if find::in_expr(&e.func) {
            e.func = self.boxed(e.func, out);
        }
        if self.joined(&mut e, out) {
            return Expr::Call(e);
        }
        e.args = self
            .operands(e.args.into_iter().collect(), out)
            .into_iter()
            .collect();
        Expr::Call(e)
    }

    pub(super) fn method_call(&mut self, mut e: ExprMethodCall, out: &mut Vec<Node>) -> Expr {
        let args_await = e.args.iter().any(find::in_expr);
        let receiver = self.boxed(e.receiver, out);
        e.receiver = match Place::root_of(&receiver, &self.vars) {
            Some(root) if args_await && e.args.iter().any(|arg| self.assigns(arg, root)) => {
                self.refuse(
                    e.method.span(),
                    "the receiver of this method is assigned to by an argument that holds an \
                     `.await`; bind the argument with `let` on the line before",
                );
                receiver
            }
            None if args_await && !is_path(&receiver) => {
                let pinned = self.pinned(*receiver, "receiver", out);
                self.make_mutable(&pinned);
                Box::new(pinned)
            }
            _ => receiver,
        };
        e.args = self
            .operands(e.args.into_iter().collect(), out)
            .into_iter()
            .collect();
        Expr::MethodCall(e)
    }

    fn binary(&mut self, mut e: syn::ExprBinary, out: &mut Vec<Node>) -> Expr {
        let (left, right) = (&e.left, &e.right);
        match e.op {
            BinOp::And(_) => self.expr(parse_quote!(if #left { #right } else { false }), out),
            BinOp::Or(_) => self.expr(parse_quote!(if #left { true } else { #right }), out),
            op if order::is_assignment(&op) => {
                if has_side_effects(left) {
                    self.refuse(
                        left.span(),
                        "whether this place or the value with the `.await` is evaluated first \
                         depends on their types; bind the value with `let` on the line before",
                    );
                }
                e.right = self.boxed(e.right, out);
                Expr::Binary(e)
            }
            op if order::is_comparison(&op) && Place::root_of(left, &self.vars).is_some() => {
                e.right = self.boxed(e.right, out);
                Expr::Binary(e)
            }
            _ => {
                let mut both = self.operands(vec![*e.left, *e.right], out).into_iter();
                e.left = Box::new(both.next().expect("two operands"));
                e.right = Box::new(both.next().expect("two operands"));
                Expr::Binary(e)
            }
        }
    }

    fn make_mutable(&mut self, expr: &Expr) {
        if let Some(place) = Place::of(expr, &self.vars) {
            self.vars.get_mut(place.root).mutable = true;
        }
    }

    pub(super) fn assigns(&self, expr: &Expr, root: VarId) -> bool {
        struct Assigns<'a>(&'a Flatten, VarId, bool);
        impl<'a> Visit<'a> for Assigns<'_> {
            fn visit_expr_assign(&mut self, e: &'a syn::ExprAssign) {
                self.2 |= Place::root_of(&e.left, &self.0.vars) == Some(self.1);
                visit::visit_expr_assign(self, e);
            }

            fn visit_expr_binary(&mut self, e: &'a syn::ExprBinary) {
                self.2 |= order::is_assignment(&e.op)
                    && Place::root_of(&e.left, &self.0.vars) == Some(self.1);
                visit::visit_expr_binary(self, e);
            }
        }
        let mut visitor = Assigns(self, root, false);
        visitor.visit_expr(expr);
        visitor.2
    }
}

const fn is_path(expr: &Expr) -> bool {
    matches!(expr, Expr::Path(_))
}

fn has_side_effects(place: &Expr) -> bool {
    match place {
        Expr::Path(_) | Expr::Lit(_) => false,
        Expr::Field(e) => has_side_effects(&e.base),
        Expr::Index(e) => has_side_effects(&e.expr) || has_side_effects(&e.index),
        Expr::Paren(e) => has_side_effects(&e.expr),
        Expr::Unary(e) => has_side_effects(&e.expr),
        _ => true,
    }
}
