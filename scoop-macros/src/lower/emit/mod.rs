//! Pass 4: from the intermediate form to Rust.
//!
//! A block is cut at its barriers: awaits, and control flow around awaits. Everything before a
//! barrier becomes the `else` of "is the saga being resumed at or past it?", and yields the block's
//! own locals that are needed later. Locals of enclosing blocks stay where they are: they were
//! loaded when the enclosing control flow was entered.

mod barrier;
mod blocks;
mod branch;
mod dest;
mod for_loop;
mod loops;
mod mention;
mod points;
mod slot;

pub(super) use mention::{crosses, mentions};
pub(super) use points::points;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::Stmt;

use super::ir::{Block, Flat, Node, VarId, Vars};
use super::liveness::Liveness;
use super::pattern;
use super::place::Place;
use super::taken::Apart;

/// Emits the statements of the body's async function, and says which slots each point saves.
pub(super) fn emit(
    flat: &Flat,
    live: &Liveness,
    runtime: &TokenStream,
) -> (TokenStream, BTreeMap<u32, Vec<String>>) {
    let emit = Emit {
        flat,
        live,
        runtime,
        kept: Vec::new(),
        late: BTreeSet::new(),
        parted: BTreeSet::new(),
        loops: Vec::new(),
        slots: RefCell::default(),
        shapes: RefCell::default(),
    };
    let code = emit.block(
        &flat.root,
        Prefix {
            code: TokenStream::new(),
            vars: flat.param_vars.clone(),
        },
    );
    let shapes = emit.shapes.take();
    let shapes = shapes.values();
    (quote!(#(#shapes)* #code), emit.slots.take())
}

/// The hidden parameter through which the body talks to the engine.
pub(crate) fn frame(span: Span) -> Ident {
    Ident::new("__frame", Span::mixed_site().located_at(span))
}

/// What stands at the top of a block before its own statements.
struct Prefix {
    code: TokenStream,
    vars: Vec<VarId>,
}

/// A loop around the code under way.
#[derive(Clone)]
struct AroundLoop {
    save: TokenStream,
    slots: Vec<String>,
}

struct Emit<'a> {
    flat: &'a Flat,
    live: &'a Liveness,
    runtime: &'a TokenStream,
    /// Locals of enclosing blocks that were loaded there, and in which parts.
    kept: Vec<Place>,
    /// Locals of enclosing blocks that have no value yet when the saga is resumed further in.
    late: BTreeSet<VarId>,
    /// Locals of enclosing blocks of which only a part is left.
    parted: BTreeSet<VarId>,
    loops: Vec<AroundLoop>,
    /// The slots of each point.
    slots: RefCell<BTreeMap<u32, Vec<String>>>,
    /// The structs that hold what is left of a local, by the names of their fields.
    shapes: RefCell<BTreeMap<String, TokenStream>>,
}

/// A block under way.
struct Building {
    code: TokenStream,
    /// The block's own locals so far, in the order of their declaration.
    own: Vec<VarId>,
    /// The locals of which only a part is left.
    parted: BTreeSet<VarId>,
}

impl Building {
    fn apart<'a>(&'a self, vars: &'a Vars) -> Apart<'a> {
        Apart {
            vars,
            parted: &self.parted,
        }
    }
}

impl Emit<'_> {
    fn block(&self, block: &Block, prefix: Prefix) -> TokenStream {
        let items = &block.items;
        let mut building = Building {
            code: prefix.code,
            own: prefix.vars,
            parted: self.parted.clone(),
        };
        for (index, node) in block.nodes.iter().enumerate() {
            match node {
                Node::Plain(stmt) => {
                    if let Stmt::Local(local) = stmt {
                        building.own.extend(self.bound(&local.pat));
                    }
                    let stmts = building.apart(&self.flat.vars).stmt(stmt);
                    building.code.extend(quote!(#(#stmts)*));
                }
                Node::Declare(id, ty) => {
                    self.declare(block, index, *id, ty.as_ref(), &mut building)
                }
                Node::Await(e) => self.awaited(block, index, e, &mut building),
                Node::Branch(e) => self.branch(block, index, e, &mut building),
                Node::Loop(e) => self.endless(block, index, e, &mut building),
                Node::For(e) => self.for_loop(block, index, e, &mut building),
            }
        }
        let tail = block.tail.iter();
        let tail = tail.map(|tail| building.apart(&self.flat.vars).expr(tail));
        let code = &building.code;
        quote!(#(#items)* #code #(#tail)*)
    }

    fn declare(
        &self,
        block: &Block,
        index: usize,
        id: VarId,
        ty: Option<&syn::Type>,
        building: &mut Building,
    ) {
        building.own.push(id);
        if self.mentioned_from(block, index + 1, None).contains(&id) {
            let ident = &self.flat.vars.get(id).ident;
            let ty = ty.iter();
            building.code.extend(quote!(let mut #ident #(: #ty)*;));
        }
    }

    fn bound(&self, pat: &syn::Pat) -> Vec<VarId> {
        let find = |binding: pattern::Binding| self.flat.vars.find(&binding.ident);
        pattern::bindings(pat)
            .into_iter()
            .filter_map(find)
            .collect()
    }

    /// The same emitter inside control flow that was entered with these locals in place.
    fn inside(
        &self,
        kept: &[Place],
        late: BTreeSet<VarId>,
        parted: &BTreeSet<VarId>,
        around: Option<AroundLoop>,
    ) -> Emit<'_> {
        let mut all = self.kept.clone();
        all.extend(kept.iter().cloned());
        let mut loops = self.loops.clone();
        loops.extend(around);
        Emit {
            kept: all,
            late,
            parted: parted.clone(),
            loops,
            slots: RefCell::default(),
            shapes: RefCell::default(),
            ..*self
        }
    }

    /// Takes over what an emitter inside found out.
    fn absorb(&self, inner: &Emit<'_>) {
        self.slots
            .borrow_mut()
            .append(&mut inner.slots.borrow_mut());
        self.shapes
            .borrow_mut()
            .append(&mut inner.shapes.borrow_mut());
    }
}

/// Notes of which of these locals only a part is left.
fn note_parts(locals: &[Vec<Place>], parted: &mut BTreeSet<VarId>) {
    for parts in locals {
        if parts[0].fields.is_empty() {
            parted.remove(&parts[0].root);
        } else {
            parted.insert(parts[0].root);
        }
    }
}
