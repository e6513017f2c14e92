//! What is written before an operation begins: whether it can be, and its row.

use super::execution::{Execution, operation_name};
use crate::codec::Stored;
use crate::frame::Slot;
use crate::operation::{Intent, Settled, Wake};
use crate::protocol::checkpoint::{CheckpointRow, RowKind};
use crate::protocol::description::Point;
use crate::protocol::failure::FailureKind;
use crate::protocol::id::RunId;
use crate::protocol::promise::Promise;
use crate::protocol::run::RunUpdate;
use crate::protocol::slots::SlotTable;

impl Execution {
    /// Refuses locals and arguments that cannot be stored, or are too large.
    pub(super) fn check(
        &self,
        point: &'static Point,
        intent: &Intent,
        live: &Result<Vec<Slot>, String>,
    ) -> Result<(), Settled> {
        if let Intent::Saga { saga, .. } = intent
            && let Some(refused) = self.too_deep(point, saga)
        {
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
        if let Intent::Step { arguments, .. }
        | Intent::Saga {
            input: arguments, ..
        } = intent
        {
            match arguments {
                Ok(arguments) => sizes.push(("the arguments".to_owned(), arguments.len())),
                Err(error) => return unstorable(format!("an argument of `{name}` {error}")),
            }
        }
        let total: usize = sizes.iter().map(|(_, size)| size).sum();
        let limit = self.engine.payload_limit;
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

    /// What an operation promises about being undone; for a saga, its run, which is new.
    fn promise(&self, intent: &Intent) -> Option<Promise> {
        match intent {
            Intent::Step { step, .. } => step.promise(),
            Intent::Saga { .. } => {
                let run = RunId::from_uuid(self.engine.environment.uuid());
                Some(Promise::Saga(run))
            }
            Intent::Sleep(_) => None,
        }
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
        let mut update = RunUpdate::default();
        row.arguments = match intent {
            Intent::Step { arguments, .. }
            | Intent::Saga {
                input: arguments, ..
            } => arguments.as_ref().ok().cloned(),
            Intent::Sleep(wake) => {
                let until = match wake {
                    Wake::After(duration) => row.created_at.after(*duration),
                    Wake::At(time) => *time,
                };
                update = self.waits(until);
                Stored::encode(&[until]).ok()
            }
        };
        let mut state = self.state();
        let had_wake = std::mem::replace(&mut state.has_wake, update.wake_at.is_some());
        if had_wake && update.wake_at.is_none() {
            update.wake_at = Some(None);
        }
        let slots = live.iter().map(|slot| (&slot.name, &slot.json));
        let mut table = state.table.clone();
        drop(state);
        let mut frame = table
            .store(row.seq, slots)
            .map_err(|error| error.to_string())?;
        frame.promise = self.promise(intent);
        row.frame = Some(Stored::encode(&frame).map_err(|error| error.to_string())?);
        Ok((row, update, table))
    }
}
