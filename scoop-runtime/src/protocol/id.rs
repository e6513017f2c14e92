//! The ids of the protocol, each a type of its own.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The id of one execution of a saga: a UUID of version 7, so that ids sort by time of creation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunId(Uuid);

impl RunId {
    /// Wraps a UUID.
    #[must_use]
    pub const fn from_uuid(uuid: Uuid) -> Self {
        Self(uuid)
    }

    /// The UUID inside.
    #[must_use]
    pub const fn as_uuid(&self) -> Uuid {
        self.0
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::str::FromStr for RunId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// The position of a row in its run: the first row is 1, and 0 means "no row yet".
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Seq(pub i64);

impl Seq {
    /// Before the first row.
    pub const NONE: Self = Self(0);

    /// The position after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Where in a checkpoint a row belongs: empty for the checkpoint itself, `@2` for the second
/// attempt at its operation, `1` for the second branch of its join, `1.0` for the first branch of a
/// join that is this branch, `1.0@2` for an attempt there, `1:3` for the third await inside this
/// branch where it is an `async` block (`1:3@2`, `1:3.0` and so on as above), `1~2` for the second row of
/// the rollback of that block, where it lost a race (`1~2@1` and so on), `=` for the outcome of its
/// operation, `!` and an id for what an operator did meanwhile.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Part(pub String);

impl Part {
    /// The checkpoint itself.
    #[must_use]
    pub const fn main() -> Self {
        Self(String::new())
    }

    /// The `number`th attempt (from 1) at the operation of this part.
    #[must_use]
    pub fn attempt(&self, number: u32) -> Self {
        Self(format!("{}@{number}", self.0))
    }

    /// Whether this is an attempt at the operation of that part.
    #[must_use]
    pub fn is_attempt_at(&self, part: &Self) -> bool {
        let rest = self.0.strip_prefix(&*part.0);
        rest.is_some_and(|rest| rest.starts_with('@'))
    }

    /// What this is an attempt at, if it is one; else itself.
    #[must_use]
    pub fn tried(&self) -> Self {
        let (of, _) = self.0.rsplit_once('@').unwrap_or((&self.0, ""));
        Self(of.to_owned())
    }

    /// The outcome of the operation of this part, where its own transaction wrote it.
    #[must_use]
    pub fn outcome(&self) -> Self {
        Self(format!("{}=", self.0))
    }

    /// The await with this number (from 1) in the block of this part.
    #[must_use]
    pub fn inside(&self, number: i64) -> Self {
        Self(format!("{}:{number}", self.0))
    }

    /// The number of the await of this part in the block of that part, if it is one.
    #[must_use]
    pub fn number_inside(&self, block: &Self) -> Option<i64> {
        self.number_after(block, ':')
    }

    /// The row with this number (from 1) of the rollback of the block of this part.
    #[must_use]
    pub fn undo(&self, number: i64) -> Self {
        Self(format!("{}~{number}", self.0))
    }

    /// The number of the row of this part in the rollback of the block of that part, if it is one.
    #[must_use]
    pub fn number_of_undo(&self, block: &Self) -> Option<i64> {
        self.number_after(block, '~')
    }

    /// The block whose rollback this is a part of, if it is one.
    #[must_use]
    pub fn undone_block(&self) -> Option<Self> {
        let (block, _) = self.0.rsplit_once('~')?;
        Some(Self(block.to_owned()))
    }

    fn number_after(&self, part: &Self, sign: char) -> Option<i64> {
        let number = self.0.strip_prefix(&*part.0)?.strip_prefix(sign)?;
        let is_number = number.bytes().all(|byte| byte.is_ascii_digit());
        number.parse().ok().filter(|_| is_number)
    }

    /// What parts of one position are sorted by: as text, but numbers by what they are.
    #[must_use]
    pub fn in_order(&self) -> impl Ord + use<> {
        let mut order: Vec<(u64, char)> = Vec::new();
        let mut after_digit = false;
        for char in self.0.chars() {
            match (char.to_digit(10), order.last_mut()) {
                (Some(digit), Some((number, _))) if after_digit => {
                    *number = number.saturating_mul(10).saturating_add(digit.into());
                }
                (Some(digit), _) => order.push((digit.into(), '0')),
                (None, _) => order.push((0, char)),
            }
            after_digit = char.is_ascii_digit();
        }
        order
            .into_iter()
            .map(|(number, char)| (char, number))
            .collect::<Vec<_>>()
    }

    /// What an operator did to the run while it stood at this part; the id is one of its own.
    #[must_use]
    pub fn operator(&self, id: Uuid) -> Self {
        Self(format!("{}!{}", self.0, id.simple()))
    }

    /// Whether this is the checkpoint itself.
    #[must_use]
    pub fn is_main(&self) -> bool {
        self.0.is_empty()
    }
}

/// The name of a worker: one process that runs sagas of a store.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WorkerName(pub String);

impl fmt::Display for WorkerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A worker in one of its lives. Every write carries it; a store refuses one that is not current.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Fence {
    /// Who writes.
    pub worker: WorkerName,
    /// In which life: counts up each time the worker's name is taken.
    pub epoch: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_await_inside_a_block_is_told_from_all_else_there() {
        let block = Part("1".to_owned());
        let third = block.inside(3);
        assert_eq!(third.0, "1:3");
        assert_eq!(third.number_inside(&block), Some(3));
        let others = [
            "1", "1=", "1@2", "1:3=", "1:3@2", "1:3.0", "1:3.0:2", "11:3", "1:+3", "1:", "1~3",
        ];
        for other in others {
            assert_eq!(
                Part(other.to_owned()).number_inside(&block),
                None,
                "{other}"
            );
        }
        assert!(third.attempt(2).is_attempt_at(&third));
        assert_eq!(third.attempt(2).tried(), third);
        assert!(!third.attempt(2).is_attempt_at(&block));
        assert_eq!(block.undo(2).number_of_undo(&block), Some(2));
        assert_eq!(third.undo(2).number_of_undo(&block), None);
        assert_eq!(block.undo(2).attempt(1).undone_block(), Some(block));
        assert_eq!(third.undone_block(), None);
        let inner = third.branch(0);
        assert_eq!(inner.inside(2).number_inside(&inner), Some(2));
    }

    #[test]
    fn parts_are_in_the_order_in_which_they_came() {
        let parts = [
            "", "1:2", "1:2@1", "1:2@10", "1:2=", "1:10", "1:10.0", "1:10.0=", "1=", "2", "10",
        ];
        let mut sorted = parts.map(|part| Part(part.to_owned()));
        sorted.reverse();
        sorted.sort_by_key(Part::in_order);
        let place = |part: &str| sorted.iter().position(|sorted| sorted.0 == part);
        for pair in [
            ["", "1:2"],
            ["1:2", "1:10"],
            ["1:2@1", "1:2@10"],
            ["1:10.0", "2"],
            ["2", "10"],
        ] {
            assert!(place(pair[0]) < place(pair[1]), "{pair:?} in {sorted:?}");
        }
    }
}
