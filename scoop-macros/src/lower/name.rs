//! Pass 1: every local gets a name that no other local of the saga has.
//!
//! A name that is used for the first time stays as it is, so that messages and slots speak the
//! user's language; the second `x` becomes `x__2`.

use std::collections::HashMap;

use proc_macro2::{Group, Literal, TokenStream, TokenTree};
use quote::ToTokens;
use syn::punctuated::Punctuated;
use syn::visit_mut::{self, VisitMut};
use syn::{Block, Expr, Ident, Macro, Token};

use super::ir::Vars;
use super::{Kept, Param};
use super::{matches, pattern, scopes};

/// A body with unique names.
pub(super) struct Named {
    pub(super) vars: Vars,
    pub(super) params: Vec<Ident>,
    pub(super) body: Block,
}

/// Gives every local its own name.
pub(super) fn unique(params: &[Param], mut body: Block) -> Named {
    let mut pass = Unique::default();
    pass.scopes.push(HashMap::new());
    let mut owned = Vec::new();
    let mut borrowed = Vec::new();
    for param in params {
        let mut ident = param.ident.clone();
        if matches!(param.kept, Kept::Provided) {
            pass.reserve(&ident);
            continue;
        }
        pass.declare(&mut ident, param.mutable);
        let stored = match &param.kept {
            Kept::Stored | Kept::Provided => ident,
            Kept::Behind(ty) => {
                let root = quote::format_ident!("__owned_{}", ident);
                pass.vars.add(root.clone(), false);
                borrowed.push(syn::parse_quote!(let #ident: #ty = &#root;));
                root
            }
        };
        if let Some(id) = pass.vars.find(&stored) {
            pass.vars.get_mut(id).codec.clone_from(&param.codec);
        }
        owned.push(stored);
    }
    pass.visit_block_mut(&mut body);
    body.stmts.splice(0..0, borrowed);
    Named {
        vars: pass.vars,
        params: owned,
        body,
    }
}

#[derive(Default)]
struct Unique {
    scopes: Vec<HashMap<String, Ident>>,
    used: HashMap<String, usize>,
    vars: Vars,
    /// The names declared by the pattern under way: the alternatives of `A(x) | B(x)` share one.
    pattern: HashMap<String, Ident>,
}

impl Unique {
    /// A name that is in scope everywhere, and is no local of the saga.
    fn reserve(&mut self, ident: &Ident) {
        let name = ident.to_string();
        self.used.insert(name.clone(), 1);
        self.vars.provided.insert(name.clone());
        self.scopes
            .last_mut()
            .expect("a scope is open")
            .insert(name, ident.clone());
    }

    fn declare(&mut self, ident: &mut Ident, mutable: bool) {
        let name = ident.to_string();
        if let Some(known) = self.pattern.get(&name) {
            *ident = Ident::new(&known.to_string(), ident.span());
            return;
        }
        let count = self.used.entry(name.clone()).or_default();
        *count += 1;
        let unique = if *count == 1 {
            ident.clone()
        } else {
            Ident::new(
                &format!("{}__{count}", name.trim_start_matches("r#")),
                ident.span(),
            )
        };
        self.vars.add(unique.clone(), mutable);
        self.pattern.insert(name.clone(), unique.clone());
        self.scopes
            .last_mut()
            .expect("a scope is open")
            .insert(name, unique.clone());
        *ident = unique;
    }

    fn lookup(&self, name: &str) -> Option<&Ident> {
        self.scopes.iter().rev().find_map(|scope| scope.get(name))
    }

    fn in_scope(&mut self, visit: impl FnOnce(&mut Self)) {
        self.scopes.push(HashMap::new());
        visit(self);
        self.scopes.pop();
    }

    fn rename(&self, ident: &mut Ident) {
        if let Some(unique) = self.lookup(&ident.to_string()) {
            *ident = Ident::new_raw_or_plain(unique, ident);
        }
    }

    /// Renames in tokens that are no Rust expressions.
    fn tokens(&self, tokens: TokenStream) -> TokenStream {
        let mut after_dot = false;
        let mut renamed = TokenStream::new();
        for token in tokens {
            let is_dot = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '.');
            renamed.extend([match token {
                TokenTree::Group(group) => {
                    let mut inner = Group::new(group.delimiter(), self.tokens(group.stream()));
                    inner.set_span(group.span());
                    TokenTree::Group(inner)
                }
                TokenTree::Ident(mut ident) if !after_dot => {
                    self.rename(&mut ident);
                    TokenTree::Ident(ident)
                }
                TokenTree::Literal(literal) => TokenTree::Literal(self.literal(literal)),
                other => other,
            }]);
            after_dot = is_dot;
        }
        renamed
    }

    /// Renames `{x}` in a format string.
    fn literal(&self, literal: Literal) -> Literal {
        let text = literal.to_string();
        if !text.starts_with('"') || !text.contains('{') {
            return literal;
        }
        let renamed = map_captures(&text, |name| {
            self.lookup(name)
                .map_or_else(|| name.to_owned(), ToString::to_string)
        });
        match renamed.parse::<Literal>() {
            Ok(mut new) if renamed != text => {
                new.set_span(literal.span());
                new
            }
            _ => literal,
        }
    }
}

trait RawOrPlain {
    fn new_raw_or_plain(unique: &Ident, at: &Ident) -> Ident;
}

impl RawOrPlain for Ident {
    fn new_raw_or_plain(unique: &Ident, at: &Ident) -> Ident {
        let mut ident = unique.clone();
        ident.set_span(at.span());
        ident
    }
}

/// Applies `map` to every name captured by a format string (`{name}`, `{name:?}`).
fn map_captures(text: &str, map: impl Fn(&str) -> String) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        let (before, after) = rest.split_at(open + 1);
        out.push_str(before);
        if let Some(escaped) = after.strip_prefix('{') {
            out.push('{');
            rest = escaped;
            continue;
        }
        let end = after
            .find(|c: char| !c.is_alphanumeric() && c != '_')
            .unwrap_or(after.len());
        let (name, tail) = after.split_at(end);
        out.push_str(&map(name));
        rest = tail;
    }
    out.push_str(rest);
    out
}

/// The names captured by a format string.
pub(super) fn captures(text: &str) -> Vec<String> {
    let found = std::cell::RefCell::new(Vec::new());
    map_captures(text, |name| {
        if !name.is_empty() {
            found.borrow_mut().push(name.to_owned());
        }
        name.to_owned()
    });
    found.into_inner()
}

/// The arguments of a macro, where they are expressions separated by commas.
pub(super) fn macro_arguments(mac: &Macro) -> Option<Vec<Expr>> {
    let parse = Punctuated::<Expr, Token![,]>::parse_terminated;
    Some(mac.parse_body_with(parse).ok()?.into_iter().collect())
}

impl VisitMut for Unique {
    fn visit_item_mut(&mut self, _: &mut syn::Item) {}

    fn visit_pat_ident_mut(&mut self, pat: &mut syn::PatIdent) {
        if pattern::is_binding(pat) {
            self.declare(&mut pat.ident, pat.mutability.is_some());
        }
        if let Some((_, inner)) = &mut pat.subpat {
            self.visit_pat_mut(inner);
        }
    }

    fn visit_pat_guard_mut(&mut self, guarded: &mut syn::PatGuard) {
        self.visit_pat_mut(&mut guarded.pat);
        self.pattern.clear();
        self.visit_expr_mut(&mut guarded.guard);
    }

    fn visit_field_pat_mut(&mut self, field: &mut syn::FieldPat) {
        field.colon_token.get_or_insert_default();
        self.visit_pat_mut(&mut field.pat);
    }

    fn visit_field_value_mut(&mut self, field: &mut syn::FieldValue) {
        field.colon_token.get_or_insert_default();
        self.visit_expr_mut(&mut field.expr);
    }

    fn visit_stmt_mut(&mut self, stmt: &mut syn::Stmt) {
        if let Some(matched) = matches::stmt_as_match(stmt) {
            *stmt = matched;
        }
        visit_mut::visit_stmt_mut(self, stmt);
    }

    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        if let Expr::Macro(mac) = expr
            && let Some(matched) = matches::as_match(&mac.mac)
        {
            *expr = matched;
        }
        visit_mut::visit_expr_mut(self, expr);
    }

    fn visit_expr_path_mut(&mut self, path: &mut syn::ExprPath) {
        if path.qself.is_none()
            && path.path.leading_colon.is_none()
            && path.path.segments.len() == 1
            && path.path.segments[0].arguments.is_none()
        {
            self.rename(&mut path.path.segments[0].ident);
        }
    }

    fn visit_expr_call_mut(&mut self, call: &mut syn::ExprCall) {
        for block in scopes::blocks(call) {
            scopes::mark(block, self.vars.scopes.len());
            let names = self.scopes.iter().flat_map(HashMap::keys);
            let in_scope = names.filter_map(|name| self.vars.find(self.lookup(name)?));
            let in_scope = in_scope.collect();
            self.vars.scopes.push(in_scope);
        }
        visit_mut::visit_expr_call_mut(self, call);
    }

    fn visit_block_mut(&mut self, block: &mut Block) {
        self.in_scope(|pass| visit_mut::visit_block_mut(pass, block));
    }

    fn visit_local_mut(&mut self, local: &mut syn::Local) {
        if let Some(init) = &mut local.init {
            self.visit_expr_mut(&mut init.expr);
            if let Some((_, diverge)) = &mut init.diverge {
                self.visit_expr_mut(diverge);
            }
        }
        self.pattern.clear();
        self.visit_pat_mut(&mut local.pat);
    }

    fn visit_expr_let_mut(&mut self, expr: &mut syn::ExprLet) {
        self.visit_expr_mut(&mut expr.expr);
        self.pattern.clear();
        self.visit_pat_mut(&mut expr.pat);
    }

    fn visit_expr_if_mut(&mut self, expr: &mut syn::ExprIf) {
        self.in_scope(|pass| {
            pass.visit_expr_mut(&mut expr.cond);
            pass.visit_block_mut(&mut expr.then_branch);
        });
        if let Some((_, other)) = &mut expr.else_branch {
            self.visit_expr_mut(other);
        }
    }

    fn visit_expr_while_mut(&mut self, expr: &mut syn::ExprWhile) {
        self.in_scope(|pass| {
            pass.visit_expr_mut(&mut expr.cond);
            pass.visit_block_mut(&mut expr.body);
        });
    }

    fn visit_expr_for_loop_mut(&mut self, expr: &mut syn::ExprForLoop) {
        self.visit_expr_mut(&mut expr.expr);
        self.in_scope(|pass| {
            pass.pattern.clear();
            pass.visit_pat_mut(&mut expr.pat);
            pass.visit_block_mut(&mut expr.body);
        });
    }

    fn visit_arm_mut(&mut self, arm: &mut syn::Arm) {
        self.in_scope(|pass| {
            pass.pattern.clear();
            pass.visit_pat_mut(&mut arm.pat);
            pass.visit_expr_mut(&mut arm.body);
        });
    }

    fn visit_expr_closure_mut(&mut self, closure: &mut syn::ExprClosure) {
        self.in_scope(|pass| {
            for input in &mut closure.inputs {
                pass.pattern.clear();
                pass.visit_pat_mut(input);
            }
            pass.visit_expr_mut(&mut closure.body);
        });
    }

    fn visit_macro_mut(&mut self, mac: &mut Macro) {
        let Some(mut arguments) = macro_arguments(mac) else {
            mac.tokens = self.tokens(std::mem::take(&mut mac.tokens));
            return;
        };
        for argument in &mut arguments {
            match argument {
                Expr::Lit(literal) => {
                    let renamed = self.tokens(literal.to_token_stream());
                    if let Ok(renamed) = syn::parse2(renamed) {
                        *argument = renamed;
                    }
                }
                Expr::Assign(named) => self.visit_expr_mut(&mut named.right),
                other => self.visit_expr_mut(other),
            }
        }
        mac.tokens = quote::quote!(#(#arguments),*);
    }
}
