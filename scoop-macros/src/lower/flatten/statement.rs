//! Statements and blocks.

use syn::spanned::Spanned;
use syn::{Attribute, Expr, LitStr, Local, LocalInit, Pat, Stmt, parse_quote};

use super::super::borrow;
use super::super::ir::{Again, Block, Dest, Node, VarId, VarKind};
use super::super::pattern;
use super::super::place::Place;
use super::super::taken;
use super::{Flatten, find};

impl Flatten {
    pub(super) fn block(&mut self, block: syn::Block) -> Block {
        let mut out = Block::default();
        let last = block.stmts.len().saturating_sub(1);
        for (index, stmt) in block.stmts.into_iter().enumerate() {
            match stmt {
                Stmt::Local(local) => self.local(local, &mut out),
                Stmt::Item(item) => out.items.push(item),
                Stmt::Expr(mut expr, semi) => {
                    let label = attributes(&mut expr).and_then(|attrs| self.take_label(attrs));
                    let is_tail = semi.is_none() && index == last;
                    self.labelled(label, |pass| pass.statement(expr, is_tail, &mut out));
                }
                Stmt::Macro(mac) => {
                    let is_tail = mac.semi_token.is_none() && index == last;
                    let mac = syn::ExprMacro {
                        attrs: mac.attrs,
                        mac: mac.mac,
                    };
                    self.statement(Expr::Macro(mac), is_tail, &mut out);
                }
            }
        }
        out
    }

    fn statement(&mut self, expr: Expr, is_tail: bool, out: &mut Block) {
        if !find::in_expr(&expr) {
            if is_tail {
                out.tail = Some(expr);
            } else {
                out.nodes
                    .push(Node::Plain(Stmt::Expr(expr, Some(Default::default()))));
            }
        } else if is_tail {
            out.tail = Some(self.expr(expr, &mut out.nodes));
        } else if is_control(&expr) {
            self.control(expr, Dest::Statement, &mut out.nodes);
        } else {
            // Where nothing but the value of an await is left, that may be one that must be used.
            let value = self.expr(expr, &mut out.nodes);
            out.nodes
                .push(Node::Plain(Stmt::Expr(value, Some(Default::default()))));
        }
    }

    fn local(&mut self, mut local: Local, out: &mut Block) {
        let label = self.take_label(&mut local.attrs);
        let transient = take_attribute(&mut local.attrs, "transient").is_some();
        let Some(init) = local.init.take() else {
            return self.declare(local, out);
        };
        if transient {
            return self.transient(local, init, out);
        }
        self.binding = simple_name(&local.pat).filter(|_| is_await_chain(&init.expr));
        self.labelled(label, |pass| pass.initialised(local, init, out));
        self.binding = None;
    }

    fn declare(&mut self, local: Local, out: &mut Block) {
        let (pat, ty) = typed(local.pat.clone());
        match &pat {
            Pat::Ident(ident) if let Some(id) = self.vars.find(&ident.ident) => {
                // It will be assigned in another place than here.
                self.vars.get_mut(id).mutable = true;
                out.nodes.push(Node::Declare(id, ty));
            }
            _ => out.nodes.push(Node::Plain(Stmt::Local(local))),
        }
    }

    fn initialised(&mut self, mut local: Local, init: LocalInit, out: &mut Block) {
        let awaits = find::in_expr(&init.expr);
        if let Some((_, diverge)) = &init.diverge
            && find::in_expr(diverge)
        {
            return self.let_else(local.pat, init, out);
        }
        if awaits && init.diverge.is_none() && is_control(&init.expr) {
            let (pat, ty) = typed(local.pat);
            return self.control(*init.expr, Dest::Let(pat, ty), &mut out.nodes);
        }
        let expr = if awaits {
            self.expr(*init.expr, &mut out.nodes)
        } else {
            *init.expr
        };
        local.init = Some(LocalInit {
            expr: Box::new(expr),
            ..init
        });
        self.classify(&mut local);
        out.nodes.push(Node::Plain(Stmt::Local(local)));
    }

    /// `let PAT = expr else { .. await .. };`
    fn let_else(&mut self, pat: Pat, init: LocalInit, out: &mut Block) {
        let names: Vec<_> = pattern::bindings(&pat);
        let value: Vec<_> = names.iter().map(|binding| &binding.ident).collect();
        let target = names.iter().map(|binding| {
            let (ident, mutable) = (
                &binding.ident,
                binding.mutable.then(<syn::Token![mut]>::default),
            );
            quote::quote!(#mutable #ident)
        });
        let diverge = init.diverge.map(|(_, diverge)| diverge);
        let scrutinee = init.expr;
        let expr: Expr = parse_quote!(match #scrutinee { #pat => (#(#value,)*), _ => #diverge });
        let dest: Pat = parse_quote!((#(#target,)*));
        self.control(expr, Dest::Let(dest, None), &mut out.nodes);
    }

    fn transient(&mut self, mut local: Local, init: LocalInit, out: &mut Block) {
        if find::in_expr(&init.expr) {
            self.refuse(
                init.expr.span(),
                "`#[transient]` asks for this to be evaluated again after every `.await`, so it \
                 cannot hold an `.await` itself; await first, and make the transient from that",
            );
        }
        let roots = super::super::liveness::locals_of(&init.expr, &self.vars);
        local.init = Some(init);
        self.again(&local, roots);
        out.nodes.push(Node::Plain(Stmt::Local(local)));
    }

    /// Finds out how what this `let` binds is had again after an await.
    fn classify(&mut self, local: &mut Local) {
        let Some(init) = &local.init else { return };
        let bindings = pattern::bindings(&local.pat);
        let mutable = bindings.iter().any(|binding| binding.mutable);
        if !mutable && let Some(roots) = borrow::evaluated_again(&init.expr, &self.vars) {
            return self.again(local, roots);
        }
        if bindings.iter().any(|binding| binding.by_ref)
            && let Some(root) = Place::of(&init.expr, &self.vars)
        {
            let mut only = local.clone();
            only.pat = pattern::only_by_ref(&local.pat);
            let roots = match taken::taken(&only, &self.vars) {
                Some(taken) => taken.into_iter().map(|taken| taken.place).collect(),
                None => vec![root],
            };
            return self.again(&only, roots);
        }
        if borrow_may_hide(&init.expr) {
            self.probe(
                bindings
                    .iter()
                    .filter_map(|b| self.vars.find(&b.ident))
                    .collect(),
            );
        }
    }

    fn again(&mut self, local: &Local, roots: Vec<Place>) {
        let vars: Vec<VarId> = pattern::bindings(&local.pat)
            .iter()
            .filter_map(|binding| self.vars.find(&binding.ident))
            .collect();
        let mut stmt = local.clone();
        if let Some(init) = &mut stmt.init
            && let Some((_, diverge)) = &mut init.diverge
        {
            **diverge = parse_quote!({ ::core::unreachable!() });
        }
        let index = self.vars.again.len();
        for &id in &vars {
            self.vars.get_mut(id).kind = VarKind::Again(index);
        }
        self.vars.again.push(Again {
            stmt: Stmt::Local(stmt),
            roots,
        });
    }

    pub(super) fn probe(&mut self, vars: Vec<VarId>) {
        for id in vars {
            self.vars.get_mut(id).probe = true;
        }
    }

    fn take_label(&mut self, attrs: &mut Vec<Attribute>) -> Option<String> {
        let attr = take_attribute(attrs, "at")?;
        match attr.parse_args::<LitStr>() {
            Ok(label) if label.value().contains('/') => {
                let why =
                    "a label has no `/`: that stands before the awaits in a function of the saga";
                self.refuse(attr.span(), why);
                None
            }
            Ok(label) if !label.value().trim().is_empty() => Some(label.value()),
            _ => {
                self.refuse(attr.span(), "a label is a text: `#[at(\"charge\")]`");
                None
            }
        }
    }

    fn labelled(&mut self, label: Option<String>, visit: impl FnOnce(&mut Self)) {
        let before = self.points.len();
        self.label = label;
        visit(self);
        if self.label.take().is_some() && self.points.len() != before + 1 {
            let span = self
                .points
                .last()
                .map_or_else(proc_macro2::Span::call_site, |p| p.span);
            self.refuse(
                span,
                "a label names one `.await`; its statement has none or several",
            );
        }
    }
}

fn attributes(expr: &mut Expr) -> Option<&mut Vec<Attribute>> {
    match expr {
        Expr::Await(e) => Some(&mut e.attrs),
        Expr::Try(e) => Some(&mut e.attrs),
        Expr::MethodCall(e) => Some(&mut e.attrs),
        Expr::Call(e) => Some(&mut e.attrs),
        Expr::Return(e) => Some(&mut e.attrs),
        Expr::If(e) => Some(&mut e.attrs),
        Expr::Match(e) => Some(&mut e.attrs),
        Expr::Assign(e) => attributes(&mut e.left),
        Expr::Binary(e) => attributes(&mut e.left),
        Expr::Path(e) => Some(&mut e.attrs),
        Expr::Field(e) => Some(&mut e.attrs),
        _ => None,
    }
}

fn take_attribute(attrs: &mut Vec<Attribute>, name: &str) -> Option<Attribute> {
    let index = attrs.iter().position(|attr| attr.path().is_ident(name))?;
    Some(attrs.remove(index))
}

fn typed(pat: Pat) -> (Pat, Option<syn::Type>) {
    match pat {
        Pat::Type(typed) => (*typed.pat, Some(*typed.ty)),
        pat => (pat, None),
    }
}

/// Whether the value is that of an await, but for `?`, fields and methods.
fn is_await_chain(expr: &Expr) -> bool {
    match expr {
        Expr::Await(_) => true,
        Expr::Try(e) => is_await_chain(&e.expr),
        Expr::Paren(e) => is_await_chain(&e.expr),
        Expr::Field(e) => is_await_chain(&e.base),
        Expr::MethodCall(e) => is_await_chain(&e.receiver),
        _ => false,
    }
}

/// The name of a `let` that binds one local.
fn simple_name(pat: &Pat) -> Option<String> {
    match pat {
        Pat::Ident(ident) if ident.subpat.is_none() => Some(ident.ident.to_string()),
        Pat::Type(typed) => simple_name(&typed.pat),
        _ => None,
    }
}

/// Methods that usually return a borrow of their receiver.
const LENDING: [&str; 34] = [
    "as_bytes",
    "as_deref",
    "as_path",
    "as_ref",
    "as_slice",
    "as_str",
    "borrow",
    "by_ref",
    "chars",
    "chunks",
    "deref",
    "entry",
    "find",
    "first",
    "get",
    "get_mut",
    "get_or_insert_with",
    "iter",
    "iter_mut",
    "keys",
    "last",
    "lines",
    "max_by",
    "max_by_key",
    "min_by",
    "min_by_key",
    "next",
    "nth",
    "peek",
    "split",
    "split_once",
    "split_whitespace",
    "trim",
    "values",
];

/// Whether the value may be a borrow although the expression does not look like one. Elsewhere the
/// type may not be known yet, and asking would be an error of its own.
pub(super) fn borrow_may_hide(expr: &Expr) -> bool {
    match expr {
        Expr::MethodCall(call) => {
            let name = call.method.to_string();
            let passes = [
                "unwrap",
                "expect",
                "unwrap_or",
                "ok",
                "unwrap_or_else",
                "unwrap_or_default",
            ];
            if passes.contains(&name.as_str()) {
                return borrow_may_hide(&call.receiver);
            }
            LENDING.contains(&name.as_str())
                || name.starts_with("trim_")
                || name.starts_with("strip_")
        }
        Expr::Reference(_) => true,
        Expr::Try(inner) => borrow_may_hide(&inner.expr),
        _ => false,
    }
}

/// Control flow that the lowering follows.
pub(super) const fn is_control(expr: &Expr) -> bool {
    matches!(
        expr,
        Expr::If(_)
            | Expr::Match(_)
            | Expr::Loop(_)
            | Expr::While(_)
            | Expr::ForLoop(_)
            | Expr::Block(_)
    )
}
