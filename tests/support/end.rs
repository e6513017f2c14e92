//! How a run ended, to be compared with how another one did.

use std::fmt::Debug;

use scoop::{Compensation, CompensationResult, Handle, SagaError, Status};
use scoop_runtime::operation::Saga;

use crate::support::soon;

/// All that whoever started a run is told.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct End {
    pub(crate) status: Status,
    pub(crate) result: String,
}

/// Waits for the end of a run.
pub(crate) async fn end_of<S: Saga<Ok: Debug, Error: Debug>>(handle: &Handle<S>) -> End {
    let result = match soon(handle.wait()).await {
        Ok(value) => format!("{value:?}"),
        Err(error) => failure(&error),
    };
    let status = handle.status().await.unwrap();
    End { status, result }
}

fn failure<E: Debug>(error: &SagaError<E>) -> String {
    assert!(!error.is_infrastructure(), "{error:?}");
    let undone = error.compensations().iter().map(|one: &Compensation| {
        let name = one.rollback.rsplit("::").next().unwrap();
        let result = match &one.result {
            CompensationResult::Failed { attempt, error } => {
                format!("failed {attempt} times: {}", error.message)
            }
            result => format!("{result:?}"),
        };
        format!("{name} of {}: {result}", one.seq)
    });
    let (kind, value) = (error.kind().unwrap(), error.error());
    format!("{kind:?} {value:?} {:?}", undone.collect::<Vec<_>>())
}
