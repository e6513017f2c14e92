//! One attempt at a step: runs it, within its time, and says how it ended.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use super::Engine;
use super::dropped::Dropped;
use crate::codec::Stored;
use crate::context::Context;
use crate::operation::StepEnd;
use crate::operation::step::{StepDescriptor, StepInput};
use crate::protocol::failure::{FailureKind, StoredError};

/// How one attempt at a step ended.
pub(super) enum Attempt {
    /// It returned `Ok` (or a plain value).
    Done {
        value: Box<dyn Any + Send>,
        stored: Stored,
    },
    /// It returned `Err`: it did not happen.
    Failed {
        value: Box<dyn Any + Send>,
        error: StoredError,
    },
    /// Nobody knows.
    Unknown {
        kind: FailureKind,
        error: StoredError,
    },
    /// It was dropped, or not begun, because nothing more is to begin.
    Dropped(Dropped),
    /// This build cannot run it.
    Impossible(String),
}

/// Runs one attempt at a step, once this worker is sure that it still has its lease.
pub(super) async fn attempt(
    engine: &Engine,
    step: &'static StepDescriptor,
    input: StepInput<'_>,
    context: Context,
) -> Attempt {
    engine.pulse.held().await;
    run(engine, step, input, context).await
}

/// Runs one attempt at a step.
pub(super) async fn run(
    engine: &Engine,
    step: &'static StepDescriptor,
    input: StepInput<'_>,
    context: Context,
) -> Attempt {
    let running = guarded(context.scope(async move { (step.run)(input).await }));
    let ended = match step.timeout {
        None => running.await,
        Some(limit) => {
            tokio::select! {
                ended = running => ended,
                () = engine.environment.sleep(limit) => return timed_out(step, limit),
            }
        }
    };
    match ended {
        Err(panic) => unknown(FailureKind::Panic, format!("panicked: {panic}")),
        Ok(StepEnd::Undecodable(error)) => {
            Attempt::Impossible(format!("an argument of `{}` {error}", step.meta.name))
        }
        Ok(StepEnd::MissingResource(missing)) => Attempt::Impossible(format!(
            "`{}` wants the resource `{}`, which is not provided",
            step.meta.name, missing.name
        )),
        Ok(StepEnd::MissingTransaction(missing)) => {
            Attempt::Impossible(format!("`{}` {missing}", step.meta.name))
        }
        Ok(StepEnd::Returned {
            value,
            stored: Ok(Ok(stored)),
        }) => Attempt::Done { value, stored },
        Ok(StepEnd::Returned {
            value,
            stored: Ok(Err(error)),
        }) => Attempt::Failed { value, error },
        Ok(StepEnd::Returned {
            stored: Err(error), ..
        }) => unknown(
            FailureKind::Unstorable,
            format!("the result of `{}` {error}", step.meta.name),
        ),
    }
}

fn timed_out(step: &StepDescriptor, limit: Duration) -> Attempt {
    unknown(
        FailureKind::Timeout,
        format!("`{}` took longer than {limit:?}", step.meta.name),
    )
}

fn unknown(kind: FailureKind, message: String) -> Attempt {
    let error = StoredError::of_engine(message);
    Attempt::Unknown { kind, error }
}

/// Awaits a future of the user's; a panic becomes its message.
pub(super) async fn guarded<F: Future>(future: F) -> Result<F::Output, String> {
    let mut future = Box::pin(future);
    std::future::poll_fn(move |context| {
        let polled = std::panic::catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context)));
        match polled {
            Ok(poll) => poll.map(Ok),
            Err(panic) => std::task::Poll::Ready(Err(panic_message(&*panic))),
        }
    })
    .await
}

/// What a panic said.
pub(super) fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "without a message".to_owned())
}
