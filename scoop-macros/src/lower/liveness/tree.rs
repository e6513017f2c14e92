//! Backward through the intermediate form.

use super::super::emit::crosses;
use super::super::ir::{Block, Branch, Dest, For, Iterated, Live, Node, Range, Select};
use super::{Pass, Target};

impl Pass<'_> {
    pub(super) fn block(&mut self, block: &Block, live: Live) -> Live {
        let live = match &block.tail {
            Some(tail) => self.expr(tail, live),
            None => live,
        };
        block
            .nodes
            .iter()
            .rev()
            .fold(live, |live, node| self.node(node, live))
    }

    fn node(&mut self, node: &Node, mut live: Live) -> Live {
        match node {
            Node::Plain(stmt) => self.stmt(stmt, live),
            Node::Declare(id, _) => {
                Self::kill(&mut live, *id);
                live
            }
            Node::Await(e) => {
                self.result
                    .after
                    .entry(e.point)
                    .or_default()
                    .extend(live.iter().cloned());
                Self::kill(&mut live, e.result);
                self.expr(&e.operation, live)
            }
            Node::Branch(e) => self.branch(e, live),
            Node::Loop(e) => {
                self.leave(e.id, &e.dest, &mut live);
                let label = e.label.as_ref().map(|label| label.name.ident.to_string());
                let head = self.fixpoint(label, &live, Live::new(), |pass, head| {
                    pass.block(&e.body, head)
                });
                self.result
                    .heads
                    .entry(e.id)
                    .or_default()
                    .extend(head.iter().cloned());
                head
            }
            Node::For(e) => self.for_loop(e, live),
        }
    }

    /// Notes what is needed after a branch or loop whose value goes to `dest`.
    fn leave(&mut self, id: usize, dest: &Dest, live: &mut Live) {
        if let Dest::Let(pat, _) = dest {
            self.kill_pattern(live, pat);
        }
        self.result
            .outs
            .entry(id)
            .or_default()
            .extend(live.iter().cloned());
    }

    fn branch(&mut self, e: &Branch, mut live: Live) -> Live {
        self.leave(e.id, &e.dest, &mut live);
        let target = Target {
            label: e.label.as_ref().map(|label| label.name.ident.to_string()),
            is_loop: false,
            after: live.clone(),
            again: Live::new(),
        };
        let arms: Vec<Live> = self.with_target(target, |pass| {
            let visit = |arm: &super::super::ir::Arm| pass.block(&arm.body, live.clone());
            e.arms.iter().map(visit).collect()
        });
        let arms: Vec<Live> = e
            .arms
            .iter()
            .zip(arms)
            .map(|(arm, needed)| self.bound_again(arm, needed))
            .collect();
        for (index, needed) in arms.iter().enumerate() {
            self.note_arm(e, index, needed);
        }
        match &e.select {
            Select::Always => arms.into_iter().next().unwrap_or_default(),
            Select::If(cond) => {
                let mut arms = arms.into_iter();
                let then = arms.next().unwrap_or_default();
                self.cond(cond, then, arms.next().unwrap_or_default())
            }
            Select::Match(scrutinee, pats) => {
                let mut needed = Live::new();
                for (pat, body) in pats.iter().zip(arms).rev() {
                    needed = self.arm(pat, body, needed);
                }
                self.expr(scrutinee, needed)
            }
        }
    }

    /// What an arm binds again when the saga is resumed inside it has to be there then.
    fn bound_again(&mut self, arm: &super::super::ir::Arm, mut needed: Live) -> Live {
        for stmt in &arm.again {
            let reads = self.stmt(stmt, Live::new());
            if crosses(self.vars, arm, stmt) {
                self.need_inside(arm.range, &reads);
            }
            needed.extend(reads);
        }
        needed
    }

    fn need_inside(&mut self, range: Range, reads: &Live) {
        for point in range.first..=range.last {
            self.result
                .after
                .entry(point)
                .or_default()
                .extend(reads.iter().cloned());
        }
    }

    fn note_arm(&mut self, e: &Branch, index: usize, needed: &Live) {
        let mut needed = needed.clone();
        for &bind in &e.arms[index].binds {
            Self::kill(&mut needed, bind);
        }
        self.result
            .arms
            .entry((e.id, index))
            .or_default()
            .extend(needed);
    }

    fn for_loop(&mut self, e: &For, live: Live) -> Live {
        self.result
            .outs
            .entry(e.id)
            .or_default()
            .extend(live.iter().cloned());
        let label = e.label.as_ref().map(|label| label.name.ident.to_string());
        let mut head = live.clone();
        if let Iterated::Borrowed { base, .. } = &e.iter {
            head = self.expr(base, head);
        }
        let head = self.fixpoint(label, &live, head, |pass, head| {
            let mut body = pass.block(&e.body, head);
            pass.kill_pattern(&mut body, &e.pat);
            body
        });
        self.result
            .heads
            .entry(e.id)
            .or_default()
            .extend(head.iter().cloned());
        if let Iterated::Borrowed { base, .. } = &e.iter {
            let reads = self.expr(base, Live::new());
            self.need_inside(e.range, &reads);
        }
        match &e.iter {
            Iterated::Owned(iter) => self.expr(iter, head),
            Iterated::Borrowed { .. } => head,
        }
    }
}
