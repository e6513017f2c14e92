//! What is written before an operation begins: whether it can be, and its row.

use super::branch;
use super::execution::Execution;
use super::performer::{null, raw};
use crate::codec::Stored;
use crate::frame::Slot;
use crate::operation::{Intent, Settled, Sleep, Wake};
use crate::protocol::branch::{StoredBranch, StoredBranches};
use crate::protocol::checkpoint::{CheckpointRow, RowKind};
use crate::protocol::description::Point;
use crate::protocol::failure::FailureKind;
use crate::protocol::id::RunId;
use crate::protocol::promise::Promise;
use crate::protocol::run::RunUpdate;
use crate::protocol::slots::SlotTable;
use crate::protocol::spawn::{SPAWN, StoredSpawn};
use crate::protocol::timestamp::Timestamp;

impl Execution {
    /// Refuses locals and arguments that cannot be stored, or are too large.
    pub(super) fn check(
        &self,
        point: &'static Point,
        intent: &Intent,
        live: &Result<Vec<Slot>, String>,
    ) -> Result<(), Settled> {
        if let Some(refused) = self.too_many(point, intent) {
            return Err(refused);
        }
        let name = operation_name(intent);
        let unstorable =
            |message: String| Err(self.unsettled(FailureKind::Unstorable, message, point, name));
        let live = match live {
            Ok(live) => live,
            Err(why) => return unstorable(why.clone()),
        };
        let mut sizes: Vec<(String, usize)> = live
            .iter()
            .map(|slot| (format!("the local `{}`", slot.name), slot.json.len()))
            .collect();
        match arguments(intent) {
            Ok(0) => {}
            Ok(bytes) => sizes.push(("the arguments".to_owned(), bytes)),
            Err(why) => return unstorable(why),
        }
        let total: usize = sizes.iter().map(|(_, size)| size).sum();
        let limit = self.engine.limits.payload;
        if total <= limit {
            return Ok(());
        }
        let (largest, bytes) = sizes
            .into_iter()
            .max_by_key(|(_, size)| *size)
            .unwrap_or_default();
        let message = format!(
            "{total} bytes would be stored at `{}`, more than the limit of {limit}; the largest \
             part is {largest} with {bytes}",
            point.name
        );
        Err(self.unsettled(FailureKind::TooLarge, message, point, name))
    }

    /// Refuses to go deeper than the limit, or wider.
    fn too_many(&self, point: &'static Point, intent: &Intent) -> Option<Settled> {
        let limit = self.engine.limits.fan_out;
        match intent {
            Intent::Saga { saga, .. } => self.too_deep(point, saga),
            Intent::Several { name, branches, .. } if branches.len() > limit => {
                let count = branches.len();
                let message = format!(
                    "{count} operations would be awaited at once, and the limit is {limit}"
                );
                Some(self.unsettled(FailureKind::TooWide, message, point, name))
            }
            Intent::Several { branches, .. } => branches
                .iter()
                .find_map(|branch| self.too_many(point, branch)),
            Intent::Step { .. }
            | Intent::Spawn { .. }
            | Intent::Block { .. }
            | Intent::Sleep(_) => None,
        }
    }

    /// What an operation promises about being undone; for a saga, its run, which is new.
    fn promise(&self, intent: &Intent) -> Option<Promise> {
        match intent {
            Intent::Step { step, .. } => step.promise(),
            Intent::Saga { .. } => {
                let run = RunId::from_uuid(self.engine.environment.uuid());
                Some(Promise::Saga(run))
            }
            Intent::Spawn { .. }
            | Intent::Block { .. }
            | Intent::Sleep(_)
            | Intent::Several { .. } => None,
        }
    }

    /// The arguments of an operation that begins now.
    fn stored(&self, intent: &Intent, now: Timestamp) -> Result<Option<Stored>, String> {
        let stored = match intent {
            Intent::Step { arguments, .. }
            | Intent::Block {
                captured: arguments,
                ..
            }
            | Intent::Saga {
                input: arguments, ..
            } => return Ok(arguments.as_ref().ok().cloned()),
            Intent::Spawn { saga, input } => Stored::encode(&StoredSpawn {
                run: RunId::from_uuid(self.engine.environment.uuid()),
                saga: saga.description.saga.to_owned(),
                input: input.as_ref().map_or_else(|_| null(), raw),
            }),
            Intent::Sleep(wake) => Stored::encode(&[end_of(wake, now)]),
            Intent::Several {
                at_once,
                others,
                branches,
                ..
            } => {
                let branches = branches.iter().map(|branch| self.branch_of(branch, now));
                Stored::encode(&StoredBranches {
                    at_once: *at_once,
                    others: *others,
                    branches: branches.collect::<Result<_, _>>()?,
                })
            }
        };
        stored.map(Some).map_err(|error| error.to_string())
    }

    fn branch_of(&self, intent: &Intent, now: Timestamp) -> Result<StoredBranch, String> {
        let arguments = self.stored(intent, now)?;
        Ok(StoredBranch {
            operation: operation_name(intent).to_owned(),
            arguments: arguments.as_ref().map_or_else(null, raw),
            promise: self.promise(intent),
        })
    }

    /// The row of an await point, with what it intends.
    pub(super) fn await_row(
        &self,
        point: &'static Point,
        intent: &Intent,
        live: &[Slot],
    ) -> Result<(CheckpointRow, RunUpdate, SlotTable), String> {
        let mut row = self.next_row(RowKind::Await);
        point.name.clone_into(&mut row.point);
        row.operation = Some(operation_name(intent).to_owned());
        let update = self.wakes(intent, row.created_at);
        row.arguments = self.stored(intent, row.created_at)?;
        let slots = live.iter().map(|slot| (&slot.name, &slot.json));
        let (number, mut table) = self.line(|line| (line.number(&row), line.table.clone()));
        let mut frame = table
            .store(number, slots)
            .map_err(|error| error.to_string())?;
        frame.promise = self.promise(intent);
        row.frame = Some(Stored::encode(&frame).map_err(|error| error.to_string())?);
        Ok((row, update, table))
    }

    /// What an await says of when the run is to be woken.
    fn wakes(&self, intent: &Intent, now: Timestamp) -> RunUpdate {
        let mut update = RunUpdate::default();
        if branch::is_one_of_several() {
            // The others are under way.
            return update;
        }
        if let Intent::Sleep(wake) = intent {
            update = self.waits(end_of(wake, now));
        }
        let had_wake = std::mem::replace(&mut self.state().has_wake, update.wake_at.is_some());
        if had_wake && update.wake_at.is_none() {
            update.wake_at = Some(None);
        }
        update
    }
}

fn end_of(wake: &Wake, now: Timestamp) -> Timestamp {
    match wake {
        Wake::After(duration) => now.after(*duration),
        Wake::At(time) => *time,
    }
}

/// How many bytes the arguments have; or why they cannot be written.
fn arguments(intent: &Intent) -> Result<usize, String> {
    match intent {
        Intent::Step { arguments, .. }
        | Intent::Spawn {
            input: arguments, ..
        }
        | Intent::Block {
            captured: arguments,
            ..
        }
        | Intent::Saga {
            input: arguments, ..
        } => match arguments {
            Ok(arguments) => Ok(arguments.len()),
            Err(error) => Err(format!(
                "an argument of `{}` {error}",
                operation_name(intent)
            )),
        },
        Intent::Several { branches, .. } => branches.iter().map(arguments).sum(),
        Intent::Sleep(_) => Ok(0),
    }
}

/// The stored name of what is to be done.
pub(super) fn operation_name(intent: &Intent) -> &'static str {
    match intent {
        Intent::Step { step, .. } => step.meta.name,
        Intent::Saga { saga, .. } => saga.description.saga,
        Intent::Spawn { .. } => SPAWN,
        Intent::Sleep(_) => Sleep::NAME,
        Intent::Several { name, .. } | Intent::Block { name, .. } => name,
    }
}
