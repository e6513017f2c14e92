//! Which locals the code between two barriers mentions: one that has no value there, and is
//! mentioned, is about to be assigned, and has to be declared.

use std::collections::BTreeSet;

use quote::ToTokens;

use super::super::ir::{Block, Branch, Iterated, Live, Node, Select, VarId, Vars};
use super::super::{name, place};
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
                Node::Declare(..) | Node::Snapshot(_) => {}
                Node::Await(e) => {
                    self.names(&e.operation, &mut set);
                    return set;
                }
                Node::Branch(e) => {
                    self.select(&e.select, &mut set);
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

    fn select(&self, select: &Select, set: &mut Set) {
        match select {
            Select::Always => {}
            Select::If(cond) => self.names(cond, set),
            Select::Match(scrutinee, pats) => {
                self.names(scrutinee, set);
                for pat in pats {
                    self.names(pat, set);
                }
            }
        }
    }

    /// What is mentioned inside control flow, but for locals that an arm gets by value.
    fn inside_of(&self, node: &Node, set: &mut Set) {
        match node {
            Node::Branch(e) => {
                for (index, arm) in e.arms.iter().enumerate() {
                    let mut mentioned = Set::new();
                    self.whole_block(&arm.body, &mut mentioned);
                    let sunk = self.sunk(e, index);
                    set.extend(mentioned.into_iter().filter(|id| !sunk.contains(id)));
                }
            }
            Node::Loop(e) => self.whole_block(&e.body, set),
            Node::For(e) => self.whole_block(&e.body, set),
            Node::Plain(_) | Node::Declare(..) | Node::Snapshot(_) | Node::Await(_) => {}
        }
    }

    fn whole_block(&self, block: &Block, set: &mut Set) {
        for node in &block.nodes {
            match node {
                Node::Plain(stmt) => self.names(stmt, set),
                Node::Declare(..) | Node::Snapshot(_) => {}
                Node::Await(e) => self.names(&e.operation, set),
                Node::Branch(e) => {
                    self.select(&e.select, set);
                    for arm in &e.arms {
                        self.whole_block(&arm.body, set);
                    }
                }
                Node::Loop(e) => self.whole_block(&e.body, set),
                Node::For(e) => {
                    match &e.iter {
                        Iterated::Owned(iter) => self.names(iter, set),
                        Iterated::Borrowed { base, .. } => self.names(base, set),
                    }
                    self.whole_block(&e.body, set);
                }
            }
        }
        if let Some(tail) = &block.tail {
            self.names(tail, set);
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
        collect(tokens.to_token_stream(), &self.flat.vars, set);
    }
}

fn collect(tokens: proc_macro2::TokenStream, vars: &Vars, set: &mut Set) {
    for token in tokens {
        match token {
            proc_macro2::TokenTree::Group(group) => collect(group.stream(), vars, set),
            proc_macro2::TokenTree::Ident(ident) => set.extend(vars.find(&ident)),
            proc_macro2::TokenTree::Literal(literal) => {
                let captured = name::captures(&literal.to_string());
                set.extend(
                    captured
                        .iter()
                        .filter_map(|name| vars.by_name.get(name).copied()),
                );
            }
            proc_macro2::TokenTree::Punct(_) => {}
        }
    }
}
