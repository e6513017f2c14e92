//! Gives every loop a label, and every `break` and `continue` the label that it means. Needed where
//! the lowering puts a labelled block around code that may leave a loop (a chain of `if let` with
//! an await in the middle): Rust refuses a `break` without a label there.

use proc_macro2::Span;
use syn::visit::{self, Visit};
use syn::visit_mut::{self, VisitMut};
use syn::{Block, Label, Lifetime};

/// Makes all labels of a body explicit.
pub(super) fn explicit(body: &mut Block) {
    Labels::default().visit_block_mut(body);
}

/// Each `break` and `continue` of a loop that is not in this block, by what it says. All labels are explicit.
pub(super) fn leaving(block: &Block) -> Vec<(Span, &'static str)> {
    let mut leaving = Leaving::default();
    leaving.visit_block(block);
    let Leaving { own, mut left } = leaving;
    left.retain(|(label, ..)| !own.contains(label));
    left.into_iter()
        .map(|(_, span, word)| (span, word))
        .collect()
}

/// Labels are unique where it matters: those of a body that are not its own are of loops around it.
#[derive(Default)]
struct Leaving {
    own: Vec<Lifetime>,
    left: Vec<(Lifetime, Span, &'static str)>,
}

impl<'a> Visit<'a> for Leaving {
    fn visit_item(&mut self, _: &'a syn::Item) {}

    fn visit_expr_closure(&mut self, _: &'a syn::ExprClosure) {}

    /// Looked at for itself.
    fn visit_expr_async(&mut self, _: &'a syn::ExprAsync) {}

    fn visit_label(&mut self, label: &'a Label) {
        self.own.push(label.name.clone());
    }

    fn visit_expr_break(&mut self, e: &'a syn::ExprBreak) {
        let label = e.label.iter().cloned();
        self.left
            .extend(label.map(|label| (label, e.break_token.span, "break")));
        visit::visit_expr_break(self, e);
    }

    fn visit_expr_continue(&mut self, e: &'a syn::ExprContinue) {
        let label = e.label.iter().cloned();
        self.left
            .extend(label.map(|label| (label, e.continue_token.span, "continue")));
    }
}

#[derive(Default)]
struct Labels {
    count: usize,
    open: Vec<Lifetime>,
}

impl Labels {
    fn enter(&mut self, label: &mut Option<Label>) {
        self.count += 1;
        let name = format!("'__loop{}", self.count);
        let label = label.get_or_insert_with(|| Label {
            name: Lifetime::new(&name, Span::mixed_site()),
            colon_token: <syn::Token![:]>::default(),
        });
        self.open.push(label.name.clone());
    }
}

impl VisitMut for Labels {
    fn visit_item_mut(&mut self, _: &mut syn::Item) {}

    fn visit_expr_closure_mut(&mut self, _: &mut syn::ExprClosure) {}

    fn visit_expr_loop_mut(&mut self, e: &mut syn::ExprLoop) {
        self.enter(&mut e.label);
        visit_mut::visit_expr_loop_mut(self, e);
        self.open.pop();
    }

    fn visit_expr_while_mut(&mut self, e: &mut syn::ExprWhile) {
        self.enter(&mut e.label);
        visit_mut::visit_expr_while_mut(self, e);
        self.open.pop();
    }

    fn visit_expr_for_loop_mut(&mut self, e: &mut syn::ExprForLoop) {
        self.visit_expr_mut(&mut e.expr);
        self.enter(&mut e.label);
        self.visit_block_mut(&mut e.body);
        self.open.pop();
    }

    fn visit_expr_break_mut(&mut self, e: &mut syn::ExprBreak) {
        if e.label.is_none() {
            e.label = self.open.last().cloned();
        }
        visit_mut::visit_expr_break_mut(self, e);
    }

    fn visit_expr_continue_mut(&mut self, e: &mut syn::ExprContinue) {
        if e.label.is_none() {
            e.label = self.open.last().cloned();
        }
    }
}
