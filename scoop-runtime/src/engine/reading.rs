//! Reads that wait while the store is away.

use std::sync::Arc;

use crate::environment::{BoxFuture, Environment};
use crate::store::StoreError;

/// Reads until the store answers.
pub(crate) async fn patiently<T>(
    env: &Arc<dyn Environment>,
    read: impl Fn() -> BoxFuture<'static, Result<T, StoreError>>,
) -> Result<T, StoreError> {
    let mut pauses = super::writer::pauses();
    loop {
        match (read().await, pauses.next()) {
            (Err(error), Some(pause)) if error.is_temporary() => env.sleep(pause).await,
            (result, _) => return result,
        }
    }
}

/// Reads until the store answers, but only a few times: for callers outside a saga.
pub(crate) async fn boundedly<T>(
    env: &Arc<dyn Environment>,
    read: impl Fn() -> BoxFuture<'static, Result<T, StoreError>>,
) -> Result<T, StoreError> {
    for pause in super::writer::pauses().take(10) {
        match read().await {
            Err(error) if error.is_temporary() => env.sleep(pause).await,
            result => return result,
        }
    }
    read().await
}
