//! The static description of a saga: what the compiler knows of it, as a constant.

/// What kind of promise a step makes about being undone. The names are the saga literature's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepKind {
    /// Has a rollback.
    Compensatable,
    /// Cannot be undone: from here on only forward.
    Pivot,
    /// Needs no undo, and is repeated until it succeeds.
    Retriable,
    /// Has no effect.
    ReadOnly,
}

/// What kind of operation an await point waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OperationKind {
    /// A step.
    Step(StepKind),
    /// A timer.
    Sleep,
    /// Another saga.
    Saga,
    /// Several operations at once.
    Several,
    /// The start of a saga that is not awaited.
    Spawn,
}

/// What the compiler knows of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OperationMeta {
    /// The stored name.
    pub name: &'static str,
    /// What it is.
    pub kind: OperationKind,
    /// Whether it returns a `Result`.
    pub fallible: bool,
    /// The name of its rollback.
    pub rollback: Option<&'static str>,
}

/// One await point of a saga.
#[derive(Clone, Copy, Debug)]
pub struct Point {
    /// The stable name: from the callee, the `let` name or the label, never a bare ordinal.
    pub name: &'static str,
    /// The names of the locals that are saved here.
    pub live: &'static [&'static str],
    /// The file of the await, as the compiler names it.
    pub file: &'static str,
    /// The line of the await.
    pub line: u32,
    /// Whether the result goes straight into `?`.
    pub tried: bool,
}

/// The structured graph of a saga. Points are numbered from 1 in the order of the source.
#[derive(Clone, Copy, Debug)]
pub enum Node {
    /// An await point.
    Await(u32),
    /// One after the other.
    Sequence(&'static [Self]),
    /// One of them.
    Choice(&'static [Self]),
    /// Any number of times.
    Loop(&'static Self),
    /// The saga ends here: `return`.
    Return,
    /// The loop or block of that label ends here; the innermost loop where there is none.
    Break(Option<&'static str>),
    /// The next turn of the loop of that label; the innermost one where there is none.
    Continue(Option<&'static str>),
    /// A labelled loop or block.
    Labelled(&'static str, &'static Self),
}

/// A saga as the compiler sees it.
#[derive(Clone, Copy, Debug)]
pub struct Description {
    /// The stored name of the saga.
    pub saga: &'static str,
    /// Its await points; the point with number `n` is at index `n - 1`.
    pub points: &'static [Point],
    /// In which order they can be reached.
    pub graph: Node,
}

impl Description {
    /// The number (from 1) of the await point with this name.
    #[must_use]
    pub fn number_of(&self, name: &str) -> Option<u32> {
        let index = self.points.iter().position(|point| point.name == name)?;
        u32::try_from(index + 1).ok()
    }

    /// The number of the await point that a stored name means, and what follows its `/` where that is
    /// inside of a function which is awaited there.
    #[must_use]
    pub fn find<'a>(&self, name: &'a str) -> Option<(u32, Option<&'a str>)> {
        if let Some(number) = self.number_of(name) {
            return Some((number, None));
        }
        let (outer, inside) = name.split_once('/')?;
        Some((self.number_of(outer)?, Some(inside)))
    }

    /// The await point with this number.
    #[must_use]
    pub fn point(&self, number: u32) -> Option<&'static Point> {
        self.points.get((number as usize).checked_sub(1)?)
    }
}
