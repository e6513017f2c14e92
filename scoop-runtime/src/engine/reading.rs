//! Reads from a store that is away for a while: a run waits as long as that lasts, a caller outside
//! for some seconds.

use std::time::Duration;

use backon::BackoffBuilder;

use crate::environment::{BoxFuture, Environment};
use crate::store::StoreError;

const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// How often a caller outside has the store asked before it hears of the trouble.
const MOST_TRIES: usize = 8;

/// The pauses while the store is away.
pub(super) fn pauses() -> impl Iterator<Item = Duration> + Send {
    backon::ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(50))
        .with_max_delay(LONGEST_PAUSE)
        .without_max_times()
        .build()
}

/// Reads for a run: until the store answers.
pub(crate) async fn patiently<'a, T>(
    environment: &dyn Environment,
    read: impl Fn() -> BoxFuture<'a, Result<T, StoreError>>,
) -> Result<T, StoreError> {
    repeatedly(environment, pauses(), read).await
}

/// Reads for a caller outside: a few times.
pub(crate) async fn boundedly<'a, T>(
    environment: &dyn Environment,
    read: impl Fn() -> BoxFuture<'a, Result<T, StoreError>>,
) -> Result<T, StoreError> {
    repeatedly(environment, pauses().take(MOST_TRIES), read).await
}

async fn repeatedly<'a, T>(
    environment: &dyn Environment,
    mut pauses: impl Iterator<Item = Duration>,
    read: impl Fn() -> BoxFuture<'a, Result<T, StoreError>>,
) -> Result<T, StoreError> {
    loop {
        match read().await {
            Err(error) if error.is_temporary() => match pauses.next() {
                Some(pause) => environment.sleep(pause).await,
                None => return Err(error),
            },
            result => return result,
        }
    }
}
