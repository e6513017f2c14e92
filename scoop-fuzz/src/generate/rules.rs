//! The generator itself: chooses among rules, counts what is used, and keeps a limit on size.

use std::collections::BTreeSet;

use super::blocks::Returns;
use super::jumps::Jump;
use super::random::Random;
use super::record::Record;
use super::scope::{Moved, Place, Scope, union};
use super::types::Type;

/// A way to write something: how often, what it is called, and how it is written. It answers `None`,
/// before it changes anything, where it cannot be used.
pub(super) type Rule = (
    usize,
    &'static str,
    fn(&mut Generator, u32) -> Option<String>,
);

/// Writes one program.
pub(super) struct Generator {
    pub(super) random: Random,
    pub(super) scope: Scope,
    pub(super) record: Record,
    pub(super) jumps: Vec<Jump>,
    /// What `return` and `?` leave.
    pub(super) returns: Returns,
    /// The numbers of the keys that belong to one branch of a `join!` or a race: from, up to.
    pub(super) lines: Vec<(u32, u32)>,
    /// Whether there is any `join!` in this program.
    pub(super) joins: bool,
    /// Whether there is any `race!` in this program, and with it what can be undone.
    pub(super) races: bool,
    /// Whether there is any pivot in this program, which cannot fail then.
    pub(super) pivots: bool,
    /// How many enclosing blocks lose.
    pub(super) losing: u32,
    /// Whether an await may stand here (not in closures, guards and macros that hide their input).
    pub(super) awaits: bool,
    /// Whether the block being written ends with `return`.
    pub(super) ended: bool,
    /// How many enclosing expressions hold a borrow of `out`.
    pub(super) out_held: u32,
    without: BTreeSet<String>,
    fuel: u32,
    pub(super) key: u32,
    unique: u32,
}

/// Several ways through the program that meet again.
pub(super) struct Fork {
    before: Vec<Moved>,
    after: Option<Vec<Moved>>,
}

impl Generator {
    pub(super) fn new(seed: u64, number: u64, without: BTreeSet<String>) -> Self {
        let mut random = Random::new(seed, number);
        let fuel = [30, 60, 100, 160][random.below(4)];
        let joins = random.chance(50);
        let races = random.chance(25);
        let pivots = races && random.chance(30);
        Self {
            random,
            scope: Scope::default(),
            record: Record::default(),
            jumps: Vec::new(),
            returns: match pivots {
                true => Returns::SoundProgram,
                false => Returns::Program,
            },
            lines: Vec::new(),
            joins,
            races,
            pivots,
            losing: 0,
            awaits: true,
            ended: false,
            out_held: 0,
            without,
            fuel,
            key: 0,
            unique: 0,
        }
    }

    /// Writes by one of these rules.
    pub(super) fn choose(&mut self, rules: &[Rule], depth: u32) -> Option<String> {
        if depth == 0 || self.fuel == 0 {
            return None;
        }
        self.fuel -= 1;
        let total: usize = rules.iter().map(|rule| rule.0).sum();
        (0..6).find_map(|_| {
            let mut at = self.random.below(total);
            let rule = rules.iter().find(|rule| {
                let here = at < rule.0;
                at = at.saturating_sub(rule.0);
                here
            })?;
            self.apply(rule.1, |this| rule.2(this, depth - 1))
        })
    }

    /// Writes a construct of this name, unless it is left out.
    pub(super) fn apply(
        &mut self,
        name: &'static str,
        write: impl FnOnce(&mut Self) -> Option<String>,
    ) -> Option<String> {
        if self.without.contains(name) {
            return None;
        }
        self.record.enter(name);
        let text = write(self);
        self.record.leave(text.is_some());
        text
    }

    /// The key of a step or a side effect: `t` says whose trace it goes to.
    pub(super) fn key(&mut self) -> String {
        self.key += 1;
        format!("t + {}", self.key)
    }

    /// A name for a variable; names are few, so that they shadow each other.
    pub(super) fn name(&mut self) -> String {
        let names = ["a", "b", "c", "x", "y", "z", "s", "n", "v", "o"];
        names[self.random.below(names.len())].to_owned()
    }

    /// A name that nothing else has.
    pub(super) fn unique(&mut self, prefix: &str) -> String {
        self.unique += 1;
        format!("{prefix}{}", self.unique)
    }

    /// One of the places.
    pub(super) fn one(&mut self, places: &[Place]) -> Option<Place> {
        self.random.one(places)
    }

    /// Adds a variable that borrows from nothing.
    pub(super) fn bind(&mut self, name: &str, ty: Type, mutable: bool) {
        self.scope.add(name, ty, mutable, None);
    }

    /// Writes where no await may stand.
    pub(super) fn still<T>(&mut self, write: impl FnOnce(&mut Self) -> T) -> T {
        let awaits = std::mem::replace(&mut self.awaits, false);
        let text = write(self);
        self.awaits = awaits;
        text
    }

    /// Writes while a borrow of `place` is held.
    pub(super) fn held<T>(&mut self, place: &Place, write: impl FnOnce(&mut Self) -> T) -> T {
        self.scope.freeze(place);
        let text = write(self);
        self.scope.thaw(place);
        text
    }

    /// Writes while borrows of anything may be held.
    pub(super) fn all_held<T>(&mut self, write: impl FnOnce(&mut Self) -> T) -> T {
        let floor = self.scope.mark();
        let before = std::mem::replace(&mut self.scope.hold_floor, floor);
        self.out_held += 1;
        let text = write(self);
        self.out_held -= 1;
        self.scope.hold_floor = before;
        text
    }

    /// Writes in a scope of its own.
    pub(super) fn scoped<T>(&mut self, write: impl FnOnce(&mut Self) -> T) -> T {
        let mark = self.scope.mark();
        let text = write(self);
        self.scope.leave(mark);
        text
    }

    /// Begins a choice between ways.
    pub(super) fn fork(&self) -> Fork {
        Fork {
            before: self.scope.moved(),
            after: None,
        }
    }

    /// Writes one of the ways, in a scope of its own.
    pub(super) fn way<T>(&mut self, fork: &mut Fork, write: impl FnOnce(&mut Self) -> T) -> T {
        self.scope.restore(&fork.before);
        self.ended = false;
        let text = self.scoped(write);
        if !self.ended {
            fork.meet(&self.scope.moved());
        }
        self.ended = false;
        text
    }

    /// One of the ways is to do nothing.
    pub(super) fn skip(&self, fork: &mut Fork) {
        let before = fork.before.clone();
        fork.meet(&before);
    }

    /// Ends the choice.
    pub(super) fn join(&mut self, fork: Fork) {
        self.scope.restore(&fork.after.unwrap_or(fork.before));
    }
}

impl Fork {
    fn meet(&mut self, moved: &[Moved]) {
        self.after = Some(match self.after.take() {
            Some(after) => union(&after, moved),
            None => moved.to_vec(),
        });
    }
}
