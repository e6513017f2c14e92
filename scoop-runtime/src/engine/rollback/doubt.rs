//! Finds out whether a step in doubt happened, for a rollback that has to know.

use serde_json::value::RawValue;

use super::super::Trouble;
use super::super::attempt::{self, Attempt};
use super::super::performer::raw;
use super::{Target, Undoing};
use crate::operation::step::StepInput;
use crate::protocol::checkpoint::{StoredOutcome, Undoes};
use crate::protocol::failure::StoredError;
use crate::protocol::retry::Retry;

/// How many times a step in doubt is run again before somebody has to look at it.
const MOST_SETTLING_ATTEMPTS: u32 = 10;

impl Undoing<'_> {
    /// What the rollback will be told. Where it has to know and nobody does, the step is run again
    /// until its outcome is definite. `None`: it did not happen. `Err`: the run is stuck.
    pub(super) async fn settle_doubt(
        &mut self,
        target: &Target,
    ) -> Result<Option<Result<Undoes, ()>>, Trouble> {
        let undoes = |output| {
            let (seq, part) = (target.done.seq, target.done.part.clone());
            Undoes { seq, part, output }
        };
        match &target.done.outcome {
            StoredOutcome::Done(output) => Ok(Some(Ok(undoes(Some(output.clone()))))),
            _ if (target.undo.takes_outcome)() => Ok(Some(Ok(undoes(None)))),
            _ => match self.run_again(target).await? {
                None => Ok(None),
                Some(output) => Ok(Some(output.map(|output| undoes(Some(output))))),
            },
        }
    }

    async fn run_again(
        &mut self,
        target: &Target,
    ) -> Result<Option<Result<Box<RawValue>, ()>>, Trouble> {
        let mut last = None;
        for number in 1..=MOST_SETTLING_ATTEMPTS {
            let Ok(arguments) = self.arguments(target) else {
                break;
            };
            let input = StepInput {
                arguments,
                resources: self.engine.resources.clone(),
                transaction: None,
            };
            let context = self.context(target, number, false);
            match attempt::attempt(self.engine, target.step, input, context).await {
                Attempt::Done { stored, .. } => {
                    return Ok(Some(Ok(raw(&stored))));
                }
                // A definite error after doubt: for a rollback that has to know, it did not happen.
                Attempt::Failed { .. } => return Ok(None),
                Attempt::Unknown { error, .. } => last = Some(error),
                Attempt::Dropped(dropped) => last = Some(dropped.halt.error()),
                Attempt::Impossible(reason) => {
                    return Err(Trouble::Parked {
                        run: self.run,
                        reason,
                    });
                }
            }
            let random = self.engine.environment.random();
            if let Some(pause) = Retry::COMPENSATION.pause_after(number, random) {
                let environment = &self.engine.environment;
                let due = environment.now().after(pause);
                let left = self.wake(due).since(environment.now());
                environment.sleep(left).await;
                let late = last.as_ref().and_then(|last| self.too_late(due, last));
                if let Some(error) = late {
                    self.stuck(target, number, error).await?;
                    return Ok(Some(Err(())));
                }
            }
        }
        let error = last.unwrap_or_else(|| {
            StoredError::of_engine("its outcome cannot be found out".to_owned())
        });
        self.stuck(target, MOST_SETTLING_ATTEMPTS, error).await?;
        Ok(Some(Err(())))
    }
}
