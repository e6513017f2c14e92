//! One attempt at something of the user's: a panic is caught, and it may take only so long.

use std::any::Any;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use crate::environment::{BoxFuture, Environment};
use crate::protocol::failure::StoredError;

/// What a panic carried.
pub(crate) type Payload = Box<dyn Any + Send>;

/// Why an attempt ended without a result.
#[derive(Debug)]
pub(crate) enum Cut {
    Panicked(StoredError),
    TimedOut(StoredError),
}

impl Cut {
    pub(crate) fn into_error(self) -> StoredError {
        match self {
            Self::Panicked(error) | Self::TimedOut(error) => error,
        }
    }
}

/// Polls a future, and catches its panic.
pub(crate) async fn caught<T>(mut future: BoxFuture<'_, T>) -> Result<T, Payload> {
    poll_fn(|context| {
        match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
            Ok(poll) => poll.map(Ok),
            Err(payload) => std::task::Poll::Ready(Err(payload)),
        }
    })
    .await
}

/// Runs one attempt.
pub(crate) async fn once<T>(
    env: &Arc<dyn Environment>,
    timeout: Option<Duration>,
    future: BoxFuture<'_, T>,
) -> Result<T, Cut> {
    let attempt = async { caught(future).await.map_err(|payload| Cut::Panicked(panic(&*payload))) };
    let Some(timeout) = timeout else { return attempt.await };
    tokio::select! {
        biased;
        result = attempt => result,
        () = env.sleep(timeout) => Err(Cut::TimedOut(error(
            "timeout",
            format!("ran out of time after {timeout:?}"),
        ))),
    }
}

/// A panic as it is stored.
pub(crate) fn panic(payload: &(dyn Any + Send)) -> StoredError {
    let text = payload
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a payload that is no text".to_owned());
    error("panic", format!("panicked: {text}"))
}

/// An error of the engine's own as it is stored.
pub(crate) fn error(kind: &str, message: String) -> StoredError {
    StoredError {
        type_name: format!("scoop::{kind}"),
        message,
        sources: Vec::new(),
        value: None,
    }
}
