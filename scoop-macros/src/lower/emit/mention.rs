//! Which locals the code between two barriers mentions: one that has no value there, and is
//! mentioned, is about to be assigned, and has to be declared.

use std::collections::BTreeSet;

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;

use super::super::ir::{Arm, Block, Branch, Iterated, Live, Node, Select, VarId, Vars};
use super::super::{name, pattern, place};
use super::Emit;

type Set = BTreeSet<VarId>;

impl Emit<'_> {
    /// What is mentioned from statement `start` on up to the next barrier. `after` is the control
    /// flow that the code follows, whose inside counts too.
    pub(super) fn mentioned_from(&self, block: &Block, start: usize, after: Option<&Node>) -> Set {
        let mut set = Set::new();
        if let Some(node) = after {
            self.inside_of(node, &mut set);
        }
        for node in &block.nodes[start..] {
            match node {
                Node::Plain(stmt) => self.names(stmt, &mut set),
                Node::Declare(..) => {}
                Node::Await(e) => {
                    self.names(&e.operation, &mut set);
                    return set;
                }
                Node::Branch(e) => {
                    select(&e.select, &self.flat.vars, &mut set);
                    return set;
                }
                Node::Loop(_) => return set,
                Node::For(e) => {
                    if let Iterated::Owned(iter) = &e.iter {
                        self.names(iter, &mut set);
                    }
                    return set;
                }
            }
        }
        if let Some(tail) = &block.tail {
            self.names(tail, &mut set);
        }
        set
    }

    /// What is mentioned inside control flow, but for locals that an arm gets by value.
    fn inside_of(&self, node: &Node, set: &mut Set) {
        match node {
            Node::Branch(e) => {
                for (index, arm) in e.arms.iter().enumerate() {
                    let mut mentioned = Set::new();
                    whole_block(&arm.body, &self.flat.vars, &mut mentioned);
                    let sunk = self.sunk(e, index);
                    set.extend(mentioned.into_iter().filter(|id| !sunk.contains(id)));
                }
            }
            Node::Loop(e) => whole_block(&e.body, &self.flat.vars, set),
            Node::For(e) => whole_block(&e.body, &self.flat.vars, set),
            Node::Plain(_) | Node::Declare(..) | Node::Await(_) => {}
        }
    }

    /// The locals that only the arms of a branch need, and only before their first await or
    /// inside: they move into the arm.
    pub(super) fn sunk(&self, e: &Branch, index: usize) -> Set {
        let across = place::roots(&self.across(e.id, e.range));
        let needed = self
            .live
            .arms
            .get(&(e.id, index))
            .map(place::roots)
            .unwrap_or_default();
        needed
            .into_iter()
            .filter(|id| self.flat.vars.is_saved(*id) && !across.contains(id))
            .collect()
    }

    /// What is needed after some await inside, or after the whole.
    pub(super) fn across(&self, id: usize, range: super::super::ir::Range) -> Live {
        let mut across = self.live.outs.get(&id).cloned().unwrap_or_default();
        for point in range.first..=range.last {
            across.extend(self.live.after.get(&point).into_iter().flatten().cloned());
        }
        across
    }

    fn names(&self, tokens: &impl ToTokens, set: &mut Set) {
        names(tokens, &self.flat.vars, set);
    }
}

/// Whether anything that this `let` binds is mentioned in an arm behind its first barrier: then it
/// has to be bound when the saga is resumed inside the arm, too.
pub(in crate::lower) fn crosses(vars: &Vars, arm: &Arm, stmt: &syn::Stmt) -> bool {
    let syn::Stmt::Local(local) = stmt else {
        return false;
    };
    let is_barrier = |node: &Node| !matches!(node, Node::Plain(_) | Node::Declare(..));
    let Some(first) = arm.body.nodes.iter().position(is_barrier) else {
        return false;
    };
    let mut mentioned = Set::new();
    match &arm.body.nodes[first] {
        Node::Branch(e) => {
            for inner in &e.arms {
                whole_block(&inner.body, vars, &mut mentioned);
            }
        }
        Node::Loop(e) => whole_block(&e.body, vars, &mut mentioned),
        Node::For(e) => {
            if let Iterated::Borrowed { base, .. } = &e.iter {
                names(base, vars, &mut mentioned);
            }
            whole_block(&e.body, vars, &mut mentioned);
        }
        _ => {}
    }
    for node in &arm.body.nodes[first + 1..] {
        one_node(node, vars, &mut mentioned);
    }
    if let Some(tail) = &arm.body.tail {
        names(tail, vars, &mut mentioned);
    }
    pattern::bindings(&local.pat)
        .iter()
        .filter_map(|binding| vars.find(&binding.ident))
        .any(|id| mentioned.contains(&id))
}

/// The locals that these tokens mention.
pub(in crate::lower) fn mentions(tokens: &TokenStream, vars: &Vars) -> Set {
    let mut set = Set::new();
    collect(tokens.clone(), vars, &mut set);
    set
}

fn names(tokens: &impl ToTokens, vars: &Vars, set: &mut Set) {
    collect(tokens.to_token_stream(), vars, set);
}

fn select(select: &Select, vars: &Vars, set: &mut Set) {
    match select {
        Select::Always => {}
        Select::If(cond) => names(cond, vars, set),
        Select::Match(scrutinee, pats) => {
            names(scrutinee, vars, set);
            for pat in pats {
                names(pat, vars, set);
            }
        }
    }
}

fn one_node(node: &Node, vars: &Vars, set: &mut Set) {
    match node {
        Node::Plain(stmt) => names(stmt, vars, set),
        Node::Declare(..) => {}
        Node::Await(e) => names(&e.operation, vars, set),
        Node::Branch(e) => {
            select(&e.select, vars, set);
            for arm in &e.arms {
                whole_block(&arm.body, vars, set);
            }
        }
        Node::Loop(e) => whole_block(&e.body, vars, set),
        Node::For(e) => {
            match &e.iter {
                Iterated::Owned(iter) => names(iter, vars, set),
                Iterated::Borrowed { base, .. } => names(base, vars, set),
            }
            whole_block(&e.body, vars, set);
        }
    }
}

fn whole_block(block: &Block, vars: &Vars, set: &mut Set) {
    for node in &block.nodes {
        one_node(node, vars, set);
    }
    if let Some(tail) = &block.tail {
        names(tail, vars, set);
    }
}

fn collect(tokens: TokenStream, vars: &Vars, set: &mut Set) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (at, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) => collect(group.stream(), vars, set),
            TokenTree::Ident(ident) if !is_field(&tokens, at) => set.extend(vars.find(ident)),
            TokenTree::Literal(literal) => {
                let captured = name::captures(&literal.to_string());
                set.extend(
                    captured
                        .iter()
                        .filter_map(|name| vars.by_name.get(name).copied()),
                );
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) => {}
        }
    }
}

/// Whether the name at this place is that of a field: `.name`, but not `..name`; `name:`, but not
/// `name::`.
fn is_field(tokens: &[TokenTree], at: usize) -> bool {
    let is = |at: Option<usize>, wanted: char| {
        at.and_then(|at| tokens.get(at))
            .is_some_and(|token| matches!(token, TokenTree::Punct(p) if p.as_char() == wanted))
    };
    let after_dot = is(at.checked_sub(1), '.') && !is(at.checked_sub(2), '.');
    let before_colon = is(Some(at + 1), ':') && !is(Some(at + 2), ':');
    after_dot || before_colon
}
