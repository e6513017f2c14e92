//! Control flow around an await.

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::{BinOp, Expr, ExprForLoop, ExprIf, ExprMatch, Label, Pat, Stmt, parse_quote};

use super::super::borrow;
use super::super::ir::{
    Arm, Branch, Dest, For, Iterated, Loop, Node, Range, Select, VarId, VarKind,
};
use super::super::pattern;
use super::super::place::Place;
use super::{Flatten, find};

impl Flatten {
    pub(super) fn control(&mut self, expr: Expr, dest: Dest, out: &mut Vec<Node>) {
        match expr {
            Expr::If(e) => self.conditional(e, dest, out),
            Expr::Match(e) => self.matched(e, dest, out),
            Expr::Block(e) => {
                let first = self.next_point();
                let arm = self.arm(Vec::new(), Vec::new(), e.block);
                self.branch(dest, Select::Always, vec![arm], e.label, first, out);
            }
            Expr::Loop(e) => self.endless(dest, e.label, e.body, out),
            Expr::While(e) => {
                let (cond, body) = (e.cond, e.body);
                let label = e.label.as_ref().map(|label| &label.name);
                let turn = parse_quote!({ if #cond #body else { break #label } });
                self.endless(dest, e.label, turn, out);
            }
            Expr::ForLoop(e) => self.for_loop(e, out),
            other => self.refuse(other.span(), "this is no control flow"),
        }
    }

    fn branch(
        &mut self,
        dest: Dest,
        select: Select,
        arms: Vec<Arm>,
        label: Option<Label>,
        first: u32,
        out: &mut Vec<Node>,
    ) {
        let id = self.next_id();
        let range = self.range_from(first);
        out.push(Node::Branch(Branch {
            id,
            dest,
            select,
            arms,
            label,
            range,
        }));
    }

    fn range_from(&self, first: u32) -> Range {
        Range {
            first,
            last: self.next_point() - 1,
        }
    }

    fn arm(&mut self, binds: Vec<VarId>, again: Vec<Stmt>, body: syn::Block) -> Arm {
        let first = self.next_point();
        let body = self.block(body);
        Arm {
            binds,
            again,
            body,
            range: self.range_from(first),
        }
    }

    fn conditional(&mut self, e: ExprIf, dest: Dest, out: &mut Vec<Node>) {
        let cond = match *e.cond {
            cond if !find::in_expr(&cond) => cond,
            Expr::Let(mut pattern) => {
                pattern.expr = Box::new(self.expr(*pattern.expr, out));
                Expr::Let(pattern)
            }
            cond if has_let(&cond) => {
                return self.chain(&cond, e.then_branch, e.else_branch, dest, out);
            }
            cond => self.expr(cond, out),
        };
        let first = self.next_point();
        let (mut binds, mut again) = (Vec::new(), Vec::new());
        for (pat, scrutinee) in lets(&cond) {
            let (values, stmts) = self.bind(pat, scrutinee);
            binds.extend(values);
            again.extend(stmts);
        }
        let then = self.arm(binds, again, e.then_branch);
        let other = match e.else_branch {
            None => parse_quote!({}),
            Some((_, other)) => as_block(*other),
        };
        let other = self.arm(Vec::new(), Vec::new(), other);
        self.branch(dest, Select::If(cond), vec![then, other], None, first, out);
    }

    /// `if let A = a().await && b().await { then } else { other }` becomes
    /// `'chain: { if let A = a().await { if b().await { break 'chain then } } other }`.
    fn chain(
        &mut self,
        cond: &Expr,
        then: syn::Block,
        other: Option<(syn::Token![else], Box<Expr>)>,
        dest: Dest,
        out: &mut Vec<Node>,
    ) {
        let name = format!("'__chain{}", self.next_id());
        let label = syn::Lifetime::new(&name, Span::mixed_site());
        let mut inner: Expr = parse_quote!({ break #label #then });
        for test in conjuncts(cond).into_iter().rev() {
            let block = as_block(inner);
            inner = parse_quote!(if #test #block);
        }
        let other = other.map_or_else(|| parse_quote!({}), |(_, other)| *other);
        self.control(parse_quote!(#label: { #inner; #other }), dest, out);
    }

    fn matched(&mut self, e: ExprMatch, dest: Dest, out: &mut Vec<Node>) {
        let scrutinee = self.expr(*e.expr, out);
        let first = self.next_point();
        let (mut pats, mut arms) = (Vec::new(), Vec::new());
        for arm in e.arms {
            let (pat, _) = pattern::split_guard(arm.pat.clone());
            let (binds, again) = self.bind(&pat, &scrutinee);
            pats.push(arm.pat);
            arms.push(self.arm(binds, again, as_block(*arm.body)));
        }
        self.branch(dest, Select::Match(scrutinee, pats), arms, None, first, out);
    }

    /// What a pattern binds by value, and the `let`s that bind the rest again.
    fn bind(&mut self, pat: &Pat, scrutinee: &Expr) -> (Vec<VarId>, Vec<Stmt>) {
        let bindings = pattern::bindings(pat);
        let id = |pass: &Self, binding: &pattern::Binding| pass.vars.find(&binding.ident);
        let again = borrow::evaluated_again(scrutinee, &self.vars)
            .filter(|roots| !roots.is_empty() && !bindings.iter().any(|binding| binding.mutable));
        if let Some(roots) = again {
            for binding in &bindings {
                self.ambient(id(self, binding), &roots);
            }
            let stmts = if bindings.is_empty() {
                Vec::new()
            } else {
                vec![rebind(pat, scrutinee)]
            };
            return (Vec::new(), stmts);
        }
        let (by_ref, by_value): (Vec<_>, Vec<_>) =
            bindings.into_iter().partition(|binding| binding.by_ref);
        let values: Vec<VarId> = by_value
            .iter()
            .filter_map(|binding| id(self, binding))
            .collect();
        let root = Place::of(scrutinee, &self.vars);
        let mut stmts = Vec::new();
        if let Some(root) = root
            && !by_ref.is_empty()
        {
            for binding in &by_ref {
                self.ambient(id(self, binding), std::slice::from_ref(&root));
            }
            stmts.push(rebind(&pattern::only_by_ref(pat), scrutinee));
        }
        if super::statement::borrow_may_hide(scrutinee) {
            self.probe(values.clone());
        }
        (values, stmts)
    }

    fn ambient(&mut self, id: Option<VarId>, roots: &[Place]) {
        if let Some(id) = id {
            self.vars.get_mut(id).kind = VarKind::Ambient {
                roots: roots.to_vec(),
            };
        }
    }

    fn endless(&mut self, dest: Dest, label: Option<Label>, body: syn::Block, out: &mut Vec<Node>) {
        let first = self.next_point();
        let id = self.next_id();
        let body = self.block(body);
        let range = self.range_from(first);
        out.push(Node::Loop(Loop {
            id,
            dest,
            label,
            body,
            range,
        }));
    }

    fn for_loop(&mut self, e: ExprForLoop, out: &mut Vec<Node>) {
        let iter = self.expr(*e.expr, out);
        if !find::in_block(&e.body) {
            let whole = ExprForLoop {
                expr: Box::new(iter),
                ..e
            };
            return out.push(Node::Plain(Stmt::Expr(Expr::ForLoop(whole), None)));
        }
        let slots = self.loop_slots(&e.pat);
        let ids: Vec<VarId> = pattern::bindings(&e.pat)
            .iter()
            .filter_map(|b| self.vars.find(&b.ident))
            .collect();
        let mutates = matches!(&iter, Expr::Reference(r) if r.mutability.is_some())
            || matches!(&iter, Expr::MethodCall(m) if m.method == "iter_mut");
        if mutates {
            self.refuse(
                iter.span(),
                "a loop that changes the items of a collection cannot be saved in the middle; \
                 loop over the indices: `for i in 0..items.len()`, and assign to `items[i]`",
            );
        }
        let mutable = pattern::bindings(&e.pat)
            .iter()
            .any(|binding| binding.mutable);
        let borrowed = borrow::borrowed_loop(&iter, &self.vars).filter(|_| !mutable);
        let iter = match borrowed {
            Some(found) => {
                for &id in &ids {
                    self.ambient(Some(id), &found.roots);
                }
                Iterated::Borrowed {
                    base: found.base,
                    whole: found.whole,
                }
            }
            None => Iterated::Owned(iter),
        };
        let binds = if matches!(iter, Iterated::Owned(_)) {
            ids
        } else {
            Vec::new()
        };
        let first = self.next_point();
        let id = self.next_id();
        let body = self.block(e.body);
        let range = self.range_from(first);
        let (label, pat) = (e.label, *e.pat);
        out.push(Node::For(For {
            id,
            label,
            pat,
            binds,
            iter,
            body,
            range,
            slots,
        }));
    }

    /// Names for the two slots of a loop, from what its pattern binds.
    fn loop_slots(&mut self, pat: &Pat) -> [String; 2] {
        let names: Vec<String> = pattern::bindings(pat)
            .iter()
            .map(|binding| binding.ident.to_string())
            .collect();
        let mut name = format!(
            "for {}",
            if names.is_empty() {
                "_".to_owned()
            } else {
                names.join(",")
            }
        );
        while self.loops.contains(&name) {
            name.push('\'');
        }
        self.loops.push(name.clone());
        let taken = format!("{name}: taken");
        [name, taken]
    }
}

fn rebind(pat: &Pat, scrutinee: &Expr) -> Stmt {
    parse_quote!(let #pat = #scrutinee else { ::core::unreachable!() };)
}

fn as_block(expr: Expr) -> syn::Block {
    match expr {
        Expr::Block(e) if e.label.is_none() => e.block,
        expr => parse_quote!({ #expr }),
    }
}

fn conjuncts(cond: &Expr) -> Vec<&Expr> {
    match cond {
        Expr::Binary(e) if matches!(e.op, BinOp::And(_)) => {
            let mut all = conjuncts(&e.left);
            all.extend(conjuncts(&e.right));
            all
        }
        other => vec![other],
    }
}

fn has_let(cond: &Expr) -> bool {
    conjuncts(cond)
        .iter()
        .any(|test| matches!(test, Expr::Let(_)))
}

fn lets(cond: &Expr) -> Vec<(&Pat, &Expr)> {
    conjuncts(cond)
        .into_iter()
        .filter_map(|test| match test {
            Expr::Let(e) => Some((&*e.pat, &*e.expr)),
            _ => None,
        })
        .collect()
}
