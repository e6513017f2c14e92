//! Removes what has ended long ago, now and then, where that is asked for.

use std::sync::Arc;
use std::time::Duration;

use super::Scoop;
use super::admin::Remove;

/// The shortest and the longest pause between two looks.
const PAUSES: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(60)];

/// Removes finished runs when they are this old, for as long as the runtime lives.
pub(super) async fn keep(scoop: Scoop, age: Duration) {
    let engine = Arc::clone(scoop.engine());
    let admin = scoop.admin();
    // A run is kept for at most a twentieth longer, or a minute.
    let [shortest, longest] = PAUSES;
    let pause = (age / 20).clamp(shortest, longest);
    loop {
        engine.environment.sleep(pause).await;
        match admin.remove(&Remove::older_than(age)).await {
            Ok(0) => {}
            Ok(runs) => tracing::info!(runs, "removed runs that had ended"),
            Err(error) => tracing::warn!(%error, "cannot remove runs that have ended"),
        }
    }
}
