//! Pass 3: which places are still needed after each await. A backward dataflow analysis over the
//! intermediate form, with a fixpoint for loops (Aho, Lam, Sethi, Ullman: Compilers, 9.2.5).

mod expr;
mod tree;

use std::collections::{BTreeMap, HashMap};

use syn::Expr;

use super::ir::{Flat, Live, VarId, Vars};
use super::place;

/// What is needed where.
#[derive(Default)]
pub(super) struct Liveness {
    /// After each await point (its result too).
    pub(super) after: BTreeMap<u32, Live>,
    /// At the top of each arm, by branch and index, without what the arm's pattern binds.
    pub(super) arms: HashMap<(usize, usize), Live>,
    /// At the top of each turn of a loop.
    pub(super) heads: HashMap<usize, Live>,
    /// After each branch or loop, without what its `let` binds.
    pub(super) outs: HashMap<usize, Live>,
}

/// Analyses a body.
pub(super) fn analyse(flat: &Flat) -> Liveness {
    let mut pass = Pass {
        vars: &flat.vars,
        result: Liveness::default(),
        targets: Vec::new(),
    };
    pass.block(&flat.root, Live::new());
    pass.result
}

/// The locals that an expression reads, whatever it does with them.
pub(super) fn locals_of(expr: &Expr, vars: &Vars) -> Vec<place::Place> {
    let mut pass = Pass {
        vars,
        result: Liveness::default(),
        targets: Vec::new(),
    };
    pass.expr(expr, Live::new()).into_iter().collect()
}

/// Where `break` and `continue` go.
struct Target {
    label: Option<String>,
    is_loop: bool,
    after: Live,
    again: Live,
}

struct Pass<'v> {
    vars: &'v Vars,
    result: Liveness,
    targets: Vec<Target>,
}

impl Pass<'_> {
    fn target(&self, label: Option<&syn::Lifetime>) -> Option<&Target> {
        let wanted = label.map(|label| label.ident.to_string());
        self.targets.iter().rev().find(|target| match &wanted {
            Some(name) => target.label.as_ref() == Some(name),
            None => target.is_loop,
        })
    }

    fn with_target<T>(&mut self, target: Target, visit: impl FnOnce(&mut Self) -> T) -> T {
        self.targets.push(target);
        let result = visit(self);
        self.targets.pop();
        result
    }

    /// The fixpoint of a loop: what is needed at the top of a turn.
    fn fixpoint(
        &mut self,
        label: Option<String>,
        after: &Live,
        mut head: Live,
        mut turn: impl FnMut(&mut Self, Live) -> Live,
    ) -> Live {
        loop {
            let target = Target {
                label: label.clone(),
                is_loop: true,
                after: after.clone(),
                again: head.clone(),
            };
            let needed = self.with_target(target, |pass| turn(pass, head.clone()));
            if needed.is_subset(&head) {
                return head;
            }
            head.extend(needed);
        }
    }

    /// A place is read.
    fn read(&self, place: place::Place, live: &mut Live) {
        for root in self.vars.roots(place.root) {
            self.read(root.clone(), live);
        }
        live.insert(place);
    }

    fn kill(live: &mut Live, id: VarId) {
        live.retain(|place| place.root != id);
    }

    fn kill_pattern(&self, live: &mut Live, pat: &syn::Pat) {
        for binding in super::pattern::bindings(pat) {
            if let Some(id) = self.vars.find(&binding.ident) {
                Self::kill(live, id);
            }
        }
    }
}
