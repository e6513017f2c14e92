//! Finds awaits.

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Block, Expr, Macro};

/// Whether an await of the saga itself stands somewhere in this expression.
pub(super) fn in_expr(expr: &Expr) -> bool {
    let mut find = Find(false);
    find.visit_expr(expr);
    find.0
}

/// The same for a block.
pub(in crate::lower) fn in_block(block: &Block) -> bool {
    let mut find = Find(false);
    find.visit_block(block);
    find.0
}

/// Whether a chain of `if let` with an await in it stands somewhere in this block.
pub(super) fn chain_in(block: &Block) -> bool {
    struct Chain(bool);
    impl Chain {
        fn cond(&mut self, cond: &Expr) {
            self.0 |= matches!(cond, Expr::Binary(_)) && in_expr(cond);
        }
    }
    impl<'a> Visit<'a> for Chain {
        fn visit_expr_if(&mut self, e: &'a syn::ExprIf) {
            self.cond(&e.cond);
            visit::visit_expr_if(self, e);
        }

        fn visit_expr_while(&mut self, e: &'a syn::ExprWhile) {
            self.cond(&e.cond);
            visit::visit_expr_while(self, e);
        }
    }
    let mut chain = Chain(false);
    chain.visit_block(block);
    chain.0
}

/// Where the tokens of a macro say `.await`.
pub(super) fn in_tokens(tokens: TokenStream) -> Option<Span> {
    let mut after_dot = false;
    for token in tokens {
        match &token {
            TokenTree::Group(group) => {
                if let Some(span) = in_tokens(group.stream()) {
                    return Some(span);
                }
            }
            TokenTree::Ident(ident) if after_dot && ident == "await" => return Some(ident.span()),
            _ => {}
        }
        after_dot = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '.');
    }
    None
}

struct Find(bool);

impl<'a> Visit<'a> for Find {
    fn visit_expr_await(&mut self, _: &'a syn::ExprAwait) {
        self.0 = true;
    }

    fn visit_expr_async(&mut self, _: &'a syn::ExprAsync) {}

    fn visit_expr_closure(&mut self, _: &'a syn::ExprClosure) {}

    fn visit_item(&mut self, _: &'a syn::Item) {}

    fn visit_macro(&mut self, mac: &'a Macro) {
        if in_tokens(mac.tokens.clone()).is_some() {
            self.0 = true;
        }
        visit::visit_macro(self, mac);
    }
}
