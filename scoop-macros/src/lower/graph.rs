//! The structured graph of a saga: in which order its await points can be reached.

use proc_macro2::TokenStream;
use quote::quote;
use syn::visit::{self, Visit};
use syn::{Expr, Stmt};

use super::ir::{Block, Node};

/// The graph as a `Node` expression.
pub(super) fn describe(root: &Block, runtime: &TokenStream) -> TokenStream {
    let node = quote!(#runtime::protocol::description::Node);
    sequence(block(root, &node), &node)
}

fn block(block: &Block, node: &TokenStream) -> Vec<TokenStream> {
    let mut all = Vec::new();
    for part in &block.nodes {
        match part {
            Node::Plain(stmt) => all.extend(leaves(stmt, node)),
            Node::Declare(..) => {}
            Node::Await(e) => {
                let point = e.point;
                all.push(quote!(#node::Await(#point)));
            }
            Node::Branch(e) => {
                let arms: Vec<_> = e
                    .arms
                    .iter()
                    .map(|arm| sequence(self::block(&arm.body, node), node))
                    .collect();
                let choice = match arms.as_slice() {
                    [one] => one.clone(),
                    several => quote!(#node::Choice(&[#(#several),*])),
                };
                all.push(labelled(e.label.as_ref(), choice, node));
            }
            Node::Loop(e) => {
                let body = sequence(self::block(&e.body, node), node);
                all.push(labelled(
                    e.label.as_ref(),
                    quote!(#node::Loop(&#body)),
                    node,
                ));
            }
            Node::For(e) => {
                let body = sequence(self::block(&e.body, node), node);
                // A loop may have no turn at all.
                let body = quote!(#node::Loop(&#node::Choice(&[#body, #node::Break(::core::option::Option::None)])));
                all.push(labelled(e.label.as_ref(), body, node));
            }
        }
    }
    if let Some(tail) = &block.tail {
        all.extend(leaves(&Stmt::Expr(tail.clone(), None), node));
    }
    all
}

fn sequence(parts: Vec<TokenStream>, node: &TokenStream) -> TokenStream {
    match parts.as_slice() {
        [one] => one.clone(),
        parts => quote!(#node::Sequence(&[#(#parts),*])),
    }
}

fn labelled(label: Option<&syn::Label>, inner: TokenStream, node: &TokenStream) -> TokenStream {
    match label {
        Some(label) => {
            let name = label.name.ident.to_string();
            quote!(#node::Labelled(#name, &#inner))
        }
        None => inner,
    }
}

/// Where a statement without awaits may leave the saga or a loop: always, if that is all it does,
/// otherwise as one of two choices.
fn leaves(stmt: &Stmt, node: &TokenStream) -> Option<TokenStream> {
    let mut find = Leaves {
        found: Vec::new(),
        node,
    };
    find.visit_stmt(stmt);
    let found = find.found;
    match (stmt, found.as_slice()) {
        (_, []) => None,
        (Stmt::Expr(Expr::Return(_) | Expr::Break(_) | Expr::Continue(_), _), [one]) => {
            Some(one.clone())
        }
        (_, several) => Some(quote!(#node::Choice(&[#node::Sequence(&[]), #(#several),*]))),
    }
}

struct Leaves<'n> {
    found: Vec<TokenStream>,
    node: &'n TokenStream,
}

impl Leaves<'_> {
    fn jump(&mut self, kind: &TokenStream, label: Option<&syn::Lifetime>) {
        let node = self.node;
        let label = match label {
            Some(label) => {
                let name = label.ident.to_string();
                quote!(::core::option::Option::Some(#name))
            }
            None => quote!(::core::option::Option::None),
        };
        self.found.push(quote!(#node::#kind(#label)));
    }
}

impl<'a> Visit<'a> for Leaves<'_> {
    fn visit_item(&mut self, _: &'a syn::Item) {}

    fn visit_expr_closure(&mut self, _: &'a syn::ExprClosure) {}

    fn visit_expr_return(&mut self, _: &'a syn::ExprReturn) {
        let node = self.node;
        self.found.push(quote!(#node::Return));
    }

    fn visit_expr_try(&mut self, e: &'a syn::ExprTry) {
        let node = self.node;
        self.found.push(quote!(#node::Return));
        visit::visit_expr_try(self, e);
    }

    fn visit_expr_break(&mut self, e: &'a syn::ExprBreak) {
        self.jump(&quote!(Break), e.label.as_ref());
        visit::visit_expr_break(self, e);
    }

    fn visit_expr_continue(&mut self, e: &'a syn::ExprContinue) {
        self.jump(&quote!(Continue), e.label.as_ref());
    }
}
