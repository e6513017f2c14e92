//! What an `async` block mentions, binds and changes.

use std::collections::BTreeSet;

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Block, Expr};

use super::super::ir::{VarId, Vars};
use super::super::place::Place;
use super::super::{name, order, pattern};

/// What `self` is called inside of a block.
pub(in crate::lower) const THIS: &str = "__this";

/// The block with another name for `self`, which a function without it has.
pub(super) fn without_self(block: Block) -> Block {
    fn renamed(tokens: TokenStream) -> TokenStream {
        let mut next = tokens.clone().into_iter().skip(1);
        let each = |token| match (token, next.next()) {
            (TokenTree::Ident(ident), after) if ident == "self" && !is_colon(after.as_ref()) => {
                Ident::new(THIS, Span::mixed_site().located_at(ident.span())).into()
            }
            (TokenTree::Group(group), _) => {
                let inner = renamed(group.stream());
                let mut renamed = proc_macro2::Group::new(group.delimiter(), inner);
                renamed.set_span(group.span());
                renamed.into()
            }
            (other, _) => other,
        };
        tokens.into_iter().map(each).collect()
    }
    if !named(&block.to_token_stream())
        .iter()
        .any(|ident| ident == "self")
    {
        return block;
    }
    syn::parse2(renamed(block.to_token_stream())).unwrap_or(block)
}

/// Whether this goes on a path: `self::name` is no value.
fn is_colon(token: Option<&TokenTree>) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == ':')
}

/// All names in these tokens; `self` where it is a value.
pub(super) fn named(tokens: &TokenStream) -> Vec<Ident> {
    let mut all = Vec::new();
    let mut next = tokens.clone().into_iter().skip(1);
    for token in tokens.clone() {
        let after = next.next();
        match token {
            TokenTree::Ident(ident) if ident == "self" && is_colon(after.as_ref()) => {}
            TokenTree::Ident(ident) => all.push(ident),
            TokenTree::Group(group) => all.extend(named(&group.stream())),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
    all
}

pub(super) fn bound_by(pat: &syn::Pat, vars: &Vars) -> Vec<VarId> {
    let bound = pattern::bindings(pat).into_iter();
    bound
        .filter_map(|binding| vars.find(&binding.ident))
        .collect()
}

/// The locals that a block binds itself.
pub(super) fn bound_in(block: &Block, vars: &Vars) -> BTreeSet<VarId> {
    struct Bound<'a>(&'a Vars, BTreeSet<VarId>);
    impl<'a> Visit<'a> for Bound<'_> {
        fn visit_pat_ident(&mut self, pat: &'a syn::PatIdent) {
            if pattern::is_binding(pat) {
                self.1.extend(self.0.find(&pat.ident));
            }
            visit::visit_pat_ident(self, pat);
        }

        fn visit_macro(&mut self, mac: &'a syn::Macro) {
            for argument in name::macro_arguments(mac).unwrap_or_default() {
                Bound::visit_argument(self, &argument);
            }
        }
    }
    impl Bound<'_> {
        fn visit_argument(&mut self, argument: &Expr) {
            let mut inner = Bound(self.0, BTreeSet::new());
            inner.visit_expr(argument);
            self.1.append(&mut inner.1);
        }
    }
    let mut bound = Bound(vars, BTreeSet::new());
    bound.visit_block(block);
    bound.1
}

/// Where a block changes what it captured.
pub(super) struct Changes<'a> {
    pub(super) vars: &'a Vars,
    pub(super) captured: BTreeSet<VarId>,
    pub(super) found: Vec<(Span, VarId)>,
}

impl Changes<'_> {
    fn change(&mut self, place: &Expr) {
        let root = Place::root_of(place, self.vars);
        let root = root.filter(|id| self.captured.contains(id));
        self.found.extend(root.map(|id| (place.span(), id)));
    }
}

impl<'a> Visit<'a> for Changes<'_> {
    fn visit_item(&mut self, _: &'a syn::Item) {}

    fn visit_expr_assign(&mut self, e: &'a syn::ExprAssign) {
        self.change(&e.left);
        visit::visit_expr_assign(self, e);
    }

    fn visit_expr_binary(&mut self, e: &'a syn::ExprBinary) {
        if order::is_assignment(&e.op) {
            self.change(&e.left);
        }
        visit::visit_expr_binary(self, e);
    }

    fn visit_expr_reference(&mut self, e: &'a syn::ExprReference) {
        if e.mutability.is_some() {
            self.change(&e.expr);
        }
        visit::visit_expr_reference(self, e);
    }
}
