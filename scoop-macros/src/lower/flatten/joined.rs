//! Operations that are awaited at once, with awaits in their arguments: the arguments are evaluated from left to
//! right, and the operations are made when all of them are there, because an operation cannot be kept.

use std::collections::BTreeSet;

use quote::ToTokens as _;
use syn::spanned::Spanned as _;
use syn::{Expr, ExprCall};

use super::super::emit::mentions;
use super::super::ir::{Node, VarId};
use super::super::scopes;
use super::awaited::base_name;
use super::{Flatten, find};

/// What takes an operation as its last argument.
const AROUND: [&str; 2] = ["caught", "timeout"];

/// What is said of several operations behind them.
const BEHIND: [&str; 2] = ["cancel_others", "concurrency"];

impl Flatten {
    /// Takes the awaits out of the arguments of these operations, where it is several and there are any.
    pub(super) fn joined(&mut self, call: &mut ExprCall, out: &mut Vec<Node>) -> bool {
        let Some(operations) = scopes::joined_mut(call) else {
            return false;
        };
        if !operations.elems.iter().any(find::in_expr) {
            return false;
        }
        let mut arguments = Vec::new();
        let mut captured = BTreeSet::new();
        for operation in &mut operations.elems {
            if let Expr::Async(block) = operation {
                captured.extend(mentions(&block.to_token_stream(), &self.vars));
            }
            each(operation, &mut |argument| {
                self.refuse_change(argument, &captured);
                arguments.push(argument.clone());
            });
        }
        let mut flat = self.operands(arguments, out).into_iter();
        for operation in &mut operations.elems {
            each(operation, &mut |argument| {
                *argument = flat.next().expect("one for each argument");
            });
        }
        true
    }

    /// A block captures when all arguments are there: it would see what was assigned meanwhile.
    fn refuse_change(&mut self, argument: &Expr, captured: &BTreeSet<VarId>) {
        let changed = captured.iter().find(|id| self.assigns(argument, **id));
        if let Some(id) = changed {
            let name = base_name(&self.vars.get(*id).ident.to_string());
            self.refuse(
                argument.span(),
                &format!(
                    "`{name}` is assigned to here, behind an `async` block that uses it, and there is an \
                     `.await` in the arguments beside it; bind the argument with `let` before all of them"
                ),
            );
        }
    }
}

/// Looks at what has to be evaluated before an operation can be made, from left to right.
fn each(operation: &mut Expr, look: &mut dyn FnMut(&mut Expr)) {
    match operation {
        // What it captures is read when it begins.
        Expr::Async(_) => {}
        Expr::Paren(e) => each(&mut e.expr, look),
        Expr::Group(e) => each(&mut e.expr, look),
        Expr::Call(e) if matches!(&*e.func, Expr::Path(_)) => {
            if let Some(several) = scopes::joined_mut(e) {
                return several.elems.iter_mut().for_each(|e| each(e, look));
            }
            let inner = is_around(&e.func).then(|| e.args.len().saturating_sub(1));
            for (index, argument) in e.args.iter_mut().enumerate() {
                match inner == Some(index) {
                    true => each(argument, look),
                    false => look(argument),
                }
            }
        }
        Expr::MethodCall(e) if BEHIND.iter().any(|known| e.method == known) => {
            each(&mut e.receiver, look);
            e.args.iter_mut().for_each(look);
        }
        Expr::MethodCall(e) if matches!(&*e.receiver, Expr::Path(_)) => {
            e.args.iter_mut().for_each(look);
        }
        other => look(other),
    }
}

fn is_around(callee: &Expr) -> bool {
    let Expr::Path(path) = callee else {
        return false;
    };
    let name = path.path.segments.last().map(|last| &last.ident);
    name.is_some_and(|name| AROUND.iter().any(|known| name == known))
}
