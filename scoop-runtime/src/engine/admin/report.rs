//! The report of one run for people.

use std::fmt::{Display, Formatter, Result};

use super::inspection::{Awaited, Block, Inspection, Local, Undoable, Until, Waits};
use super::stuck::Stuck;
use crate::protocol::checkpoint::{CheckpointRow, Direction, RowKind};
use crate::protocol::id::Part;
use crate::protocol::run::{RunRow, RunStatus};

/// How much of a value is printed.
const WIDTH: usize = 100;

impl Display for Inspection {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        head(f, &self.run)?;
        writeln!(f, "  waits for {}", self.waits)?;
        if let Some(stuck) = Stuck::of(&self.run) {
            writeln!(f, "  stuck: {stuck}")?;
        }
        for awaited in &self.awaits {
            writeln!(f, "  awaits {awaited}")?;
        }
        for local in &self.locals {
            writeln!(f, "  {local}")?;
        }
        for block in &self.blocks {
            writeln!(f, "  {block}")?;
            for local in block.stands.iter().flat_map(|stand| &stand.locals) {
                writeln!(f, "    {local}")?;
            }
        }
        self.history(f)?;
        match &self.plan {
            Err(why) => writeln!(f, "cannot be undone: {why}")?,
            Ok(plan) if plan.is_empty() => writeln!(f, "nothing would be undone")?,
            Ok(plan) => {
                let word = match self.goes_back() {
                    true => "is still to be undone",
                    false => "would be undone",
                };
                writeln!(f, "{word}, in this order")?;
                for undoable in plan {
                    writeln!(f, "  {undoable}")?;
                }
            }
        }
        if !self.below.is_empty() {
            writeln!(f, "below it")?;
        }
        for row in &self.below {
            let depth = usize::from(row.depth.saturating_sub(self.run.depth));
            let (id, saga, status) = (row.id, &row.saga, row.status);
            write!(f, "{:width$}{id} {saga} {status}", "", width = 2 * depth)?;
            match row.wake_at.filter(|_| row.owner.is_none()) {
                Some(due) => writeln!(f, ", due at {due}")?,
                None => writeln!(f)?,
            }
        }
        Ok(())
    }
}

impl Inspection {
    /// Whether it has failed.
    fn goes_back(&self) -> bool {
        match self.run.status {
            RunStatus::RollingBack => true,
            RunStatus::Stuck => !Stuck::of(&self.run).is_some_and(|stuck| stuck.goes_on()),
            _ => false,
        }
    }

    fn history(&self, f: &mut Formatter<'_>) -> Result {
        if self.rows.is_empty() {
            return Ok(());
        }
        writeln!(f, "did")?;
        for row in &self.rows {
            let what = row.operation.as_deref().unwrap_or_default();
            let (seq, kind) = (row.seq, word(row));
            write!(f, "  {} {seq}{} {kind}", row.created_at, place(&row.part))?;
            for part in [&*row.point, what] {
                if !part.is_empty() {
                    write!(f, " {part}")?;
                }
            }
            for (before, value) in [(" ", &row.arguments), (" after ", &row.outcome)] {
                if let Some(json) = value.as_ref().and_then(|value| value.json().ok()) {
                    write!(f, "{before}{}", short(json))?;
                }
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

fn head(f: &mut Formatter<'_>, run: &RunRow) -> Result {
    write!(f, "run {} of {}", run.id, run.saga)?;
    if let Some(key) = &run.key {
        write!(f, ", {key:?}")?;
    }
    writeln!(f, ": {}, since {}", run.status, run.created_at)?;
    if let Some(input) = run.input.json().ok().filter(|input| *input != "[]") {
        writeln!(f, "  began with {}", short(input))?;
    }
    if let Some(queue) = &run.queue {
        writeln!(f, "  in the queue {queue}")?;
    }
    if let Some(reason) = &run.cancel {
        writeln!(f, "  to be cancelled: {reason}")?;
    }
    Ok(())
}

impl Display for Waits {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Ended => write!(f, "nothing"),
            Self::Operator => write!(f, "an operator: `retry`, `skip` or `resolve` it"),
            Self::Build(reason) => write!(f, "a build that can continue it: {reason}"),
            Self::Worker(None) => write!(f, "a worker"),
            Self::Worker(Some(due)) => write!(f, "a worker, from {due} on"),
            Self::Below(None) => write!(f, "what it awaits"),
            Self::Below(Some(latest)) => {
                write!(
                    f,
                    "what it awaits; a worker looks at {latest} at the latest"
                )
            }
            Self::Work(worker) => write!(f, "its worker, {worker}"),
        }
    }
}

impl Display for Awaited {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let (seq, part) = (self.seq, place(&self.part));
        write!(
            f,
            "{} at {seq}{part} {}, since {}",
            self.operation, self.point, self.since
        )?;
        match &self.until {
            Until::Done => Ok(()),
            Until::Time(end) => write!(f, ", until {end}"),
            Until::Run(run, status) => write!(f, ": run {run}, {status}"),
            Until::Operator => write!(
                f,
                ": failed for good, the run is stuck when all beside it has ended"
            ),
            Until::Attempt(failed) => {
                let (number, next) = (failed.attempt, failed.next_at);
                let doubt = if failed.doubt { ", in doubt" } else { "" };
                let error = &failed.error.message;
                write!(
                    f,
                    ": attempt {number} failed{doubt} ({error}), the next from {next} on"
                )
            }
        }
    }
}

impl Display for Local {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{} = {}", self.name, short(&self.json))
    }
}

impl Display for Block {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let seq = self.seq;
        write!(f, "block {seq}{}", place(&self.part))?;
        match &self.stands {
            None => write!(f, " is before its first await"),
            Some(stand) => write!(f, " is at {seq}{} {}", place(&stand.part), stand.point),
        }
    }
}

impl Display for Undoable {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{}{} {}", self.seq, place(&self.part), self.operation)?;
        match &self.rollback {
            Some(rollback) => write!(f, " by {rollback}"),
            None => write!(f, " by itself"),
        }
    }
}

fn place(part: &Part) -> String {
    match &*part.0 {
        "" => String::new(),
        part => format!("[{part}]"),
    }
}

const fn word(row: &CheckpointRow) -> &'static str {
    match (row.kind, row.direction) {
        (RowKind::Await, Direction::Forward) => "awaits",
        (RowKind::Await, Direction::Undo) => "undoes",
        (RowKind::Attempt, _) => "failed attempt",
        (RowKind::Turn, _) => "turns back",
        (RowKind::End, _) => "ends",
        (RowKind::Operator, _) => "operator",
        (RowKind::Outcome, _) => "ended",
    }
}

/// The beginning of a text.
fn short(text: &str) -> String {
    match text.char_indices().nth(WIDTH) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}
