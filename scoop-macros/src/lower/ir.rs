//! The intermediate form: a tree of blocks whose statements either hold no await (plain), are one,
//! or are control flow around one.

use std::collections::{BTreeSet, HashMap};

use proc_macro2::{Span, TokenStream};
use syn::{Expr, Ident, Item, Label, Pat, Stmt, Type};

use super::place::Place;

/// A local of the saga. Every local has one, however often its name is used again.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct VarId(pub(super) usize);

/// What is known of a local.
pub(super) struct Var {
    /// Its name in the emitted code, unique in the saga; also the name of its slot.
    pub(super) ident: Ident,
    /// Whether it may be assigned to.
    pub(super) mutable: bool,
    /// How its value is had again when the saga is resumed.
    pub(super) kind: VarKind,
    /// Whether its type should be asked for being a reference, for a better message.
    pub(super) probe: bool,
    /// Whether a part of it may be moved out while the rest is still needed.
    pub(super) split: bool,
    /// What writes and reads it, where it is an argument.
    pub(super) codec: Option<TokenStream>,
}

/// How a local's value is had again.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum VarKind {
    /// It is saved.
    Saved,
    /// Its `let` is evaluated again after every await: a borrow, a constant, `#[transient]`.
    Again(usize),
    /// It is bound again at the top of the arm or loop that it belongs to.
    Ambient {
        /// What it borrows from.
        roots: Vec<Place>,
    },
}

/// A `let` that is evaluated again.
pub(super) struct Again {
    /// The statement, with `unreachable!` for an `else`.
    pub(super) stmt: Stmt,
    /// What it reads.
    pub(super) roots: Vec<Place>,
}

/// The locals of a saga.
#[derive(Default)]
pub(super) struct Vars {
    pub(super) all: Vec<Var>,
    pub(super) by_name: HashMap<String, VarId>,
    pub(super) again: Vec<Again>,
    /// The names that are there in every process, and are no locals: those of resources.
    pub(super) provided: BTreeSet<String>,
    /// The locals in scope where each `async` block begins that stands beside other operations.
    pub(super) scopes: Vec<BTreeSet<VarId>>,
}

impl Vars {
    /// All of them.
    pub(super) fn ids(&self) -> impl Iterator<Item = VarId> + use<> {
        (0..self.all.len()).map(VarId)
    }

    pub(super) fn add(&mut self, ident: Ident, mutable: bool) -> VarId {
        let id = VarId(self.all.len());
        self.by_name.insert(ident.to_string(), id);
        let kind = VarKind::Saved;
        self.all.push(Var {
            ident,
            mutable,
            kind,
            probe: false,
            split: false,
            codec: None,
        });
        id
    }

    pub(super) fn find(&self, ident: &Ident) -> Option<VarId> {
        self.by_name.get(&ident.to_string()).copied()
    }

    pub(super) fn get(&self, id: VarId) -> &Var {
        &self.all[id.0]
    }

    pub(super) fn get_mut(&mut self, id: VarId) -> &mut Var {
        &mut self.all[id.0]
    }

    pub(super) fn is_saved(&self, id: VarId) -> bool {
        self.get(id).kind == VarKind::Saved
    }

    /// What has to be there for this local to be had again.
    pub(super) fn roots(&self, id: VarId) -> &[Place] {
        match &self.get(id).kind {
            VarKind::Saved => &[],
            VarKind::Again(index) => &self.again[*index].roots,
            VarKind::Ambient { roots } => roots,
        }
    }
}

/// Set of places that are needed.
pub(super) type Live = BTreeSet<Place>;

/// A flattened body.
pub(super) struct Flat {
    pub(super) vars: Vars,
    pub(super) points: Vec<PointInfo>,
    pub(super) root: Block,
    pub(super) param_vars: Vec<VarId>,
}

/// What is known of an await point.
pub(super) struct PointInfo {
    /// The name of what is called, or `operation`.
    pub(super) callee: String,
    /// The `let` that takes the value.
    pub(super) binding: Option<String>,
    /// An explicit label.
    pub(super) label: Option<String>,
    /// The stable name, once all are known.
    pub(super) name: String,
    /// Where the user wrote it.
    pub(super) span: Span,
    /// Whether its value goes straight into `?`.
    pub(super) tried: bool,
}

/// A list of statements.
#[derive(Default)]
pub(super) struct Block {
    pub(super) items: Vec<Item>,
    pub(super) nodes: Vec<Node>,
    pub(super) tail: Option<Expr>,
}

/// One statement.
pub(super) enum Node {
    /// Without an await.
    Plain(Stmt),
    /// `let` without a value.
    Declare(VarId, Option<Type>),
    /// An await.
    Await(Await),
    /// One of several blocks.
    Branch(Branch),
    /// A block again and again.
    Loop(Loop),
    /// A block for each item.
    For(For),
}

/// `let result = operation.await;`
pub(super) struct Await {
    pub(super) point: u32,
    pub(super) result: VarId,
    pub(super) operation: Expr,
    /// The `async` blocks among the operations.
    pub(super) blocks: Vec<Inner>,
}

/// What a block captures.
pub(super) struct Capture {
    /// What it is called in the block.
    pub(super) ident: Ident,
    /// What writes and reads it.
    pub(super) codec: Ident,
    /// Where it is mentioned first.
    pub(super) at: Span,
    /// Whether it is the value behind a borrow that is captured.
    pub(super) behind: bool,
}

/// An `async` block beside other operations, lowered for itself.
pub(super) struct Inner {
    /// What ties it to what it is awaited with.
    pub(super) link: Ident,
    /// Its name among the blocks of its await.
    pub(super) name: String,
    pub(super) last: super::last::Last,
    /// The locals that it captures, and the resources that it uses: its parameters.
    pub(super) captured: Vec<Capture>,
    pub(super) provided: Vec<Ident>,
    pub(super) lowered: super::Lowered,
}

/// Which points are inside: first and last; none where `first > last`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Range {
    pub(super) first: u32,
    pub(super) last: u32,
}

/// Where the value of a control flow expression goes.
#[expect(clippy::large_enum_variant, reason = "a tree is built once and walked")]
pub(super) enum Dest {
    Statement,
    Let(Pat, Option<Type>),
}

/// `if`, `match`, or a block.
pub(super) struct Branch {
    pub(super) id: usize,
    pub(super) dest: Dest,
    pub(super) select: Select,
    pub(super) arms: Vec<Arm>,
    pub(super) label: Option<Label>,
    pub(super) range: Range,
}

/// How the arm is chosen.
pub(super) enum Select {
    If(Expr),
    Match(Expr, Vec<Pat>),
    Always,
}

/// One of several blocks.
pub(super) struct Arm {
    /// What the pattern binds by value.
    pub(super) binds: Vec<VarId>,
    /// What the pattern binds by reference: bound again at the top of the arm.
    pub(super) again: Vec<Stmt>,
    pub(super) body: Block,
    pub(super) range: Range,
}

/// `loop`.
pub(super) struct Loop {
    pub(super) id: usize,
    pub(super) dest: Dest,
    pub(super) label: Option<Label>,
    pub(super) body: Block,
    pub(super) range: Range,
}

/// `for`.
pub(super) struct For {
    pub(super) id: usize,
    pub(super) label: Option<Label>,
    pub(super) pat: Pat,
    pub(super) binds: Vec<VarId>,
    pub(super) iter: Iterated,
    pub(super) body: Block,
    pub(super) range: Range,
    /// The names of its two slots.
    pub(super) slots: [String; 2],
}

/// What a `for` runs over.
pub(super) enum Iterated {
    /// Owned values.
    Owned(Expr),
    /// A borrow: `base`, whose order is asked for, and the whole expression around `__base`.
    Borrowed { base: Expr, whole: Expr },
}
