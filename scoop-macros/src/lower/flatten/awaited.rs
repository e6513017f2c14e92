//! The awaits themselves.

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::{Expr, ExprAwait, parse_quote};

use super::super::ir::{Await, Node, PointInfo};
use super::Flatten;

impl Flatten {
    pub(super) fn awaited(&mut self, e: ExprAwait, out: &mut Vec<Node>) -> Expr {
        let binding = self.binding.take().map(|name| base_name(&name));
        let span = e.base.span();
        let mut operation = self.operation(*e.base, out);
        let callee = callee_of(&operation);
        let label = self.label.clone();
        let result = self.temp("result", span);
        let result = self.vars.find(&result).expect("it was just made");
        let point = self.next_point();
        self.points.push(PointInfo {
            callee: callee.unwrap_or_else(|| "operation".to_owned()),
            binding,
            label,
            name: String::new(),
            span: head_span(&operation),
            tried: false,
        });
        let blocks = self.blocks(point, &mut operation);
        out.push(Node::Await(Await {
            point,
            result,
            operation,
            blocks,
        }));
        let ident = self.vars.get(result).ident.clone();
        parse_quote!(#ident)
    }

    fn operation(&mut self, base: Expr, out: &mut Vec<Node>) -> Expr {
        match base {
            Expr::Paren(e) => self.operation(*e.expr, out),
            Expr::Call(e) => self.call(e, out),
            Expr::MethodCall(e) => self.method_call(e, out),
            // Refused already.
            other @ Expr::Async(_) => other,
            other => {
                self.refuse(
                    other.span(),
                    "a saga awaits the call itself, so that it can be stored before it begins: \
                     write `step(..).await`",
                );
                other
            }
        }
    }
}

/// The name of what is called. `caught(step(..))` is named for the step.
fn callee_of(operation: &Expr) -> Option<String> {
    match operation {
        Expr::Call(call) => {
            let Expr::Path(path) = &*call.func else {
                return None;
            };
            let name = path.path.segments.last()?.ident.to_string();
            match call.args.first() {
                Some(inner @ (Expr::Call(_) | Expr::MethodCall(_))) if name == "caught" => {
                    callee_of(inner)
                }
                _ => Some(name),
            }
        }
        // How many at once, and what becomes of the others, may change while runs are under way.
        Expr::MethodCall(call)
            if call.method == "concurrency" || call.method == "cancel_others" =>
        {
            callee_of(&call.receiver)
        }
        Expr::MethodCall(call) => Some(call.method.to_string()),
        _ => None,
    }
}

/// Where messages about an operation belong: on the name of what is called.
fn head_span(operation: &Expr) -> Span {
    match operation {
        Expr::Call(call) => call.func.span(),
        Expr::MethodCall(call) => call.method.span(),
        other => other.span(),
    }
}

/// The user's name for a local whose name was made unique.
pub(super) fn base_name(unique: &str) -> String {
    match unique.rsplit_once("__") {
        Some((base, number)) if number.parse::<u32>().is_ok() && !base.is_empty() => {
            base.to_owned()
        }
        _ => unique.to_owned(),
    }
}
