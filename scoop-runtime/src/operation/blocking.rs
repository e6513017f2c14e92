//! Steps that block their thread.

use crate::context::context;

/// Runs a blocking step on the pool of threads that tokio keeps for this. It knows its run there,
/// too.
pub async fn blocking<T: Send + 'static>(step: impl FnOnce() -> T + Send + 'static) -> T {
    let context = context();
    let step = move || match context {
        Some(context) => context.sync_scope(step),
        None => step(),
    };
    match tokio::task::spawn_blocking(step).await {
        Ok(output) => output,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The pool is gone: the process is about to end, and will go on in its next life.
            Err(_) => std::future::pending().await,
        },
    }
}
