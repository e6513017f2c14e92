//! One worker: runs what it finds in the database until it is told to end, cannot go on, or the process
//! that started it is gone.

use std::io::Read as _;
use std::time::Duration;

use anyhow::Context as _;
use scoop::Scoop;
use scoop_testserver::VARIABLE;

use super::database;
use super::provider::Provider;
use super::told::told_to_end;

/// How the process ends that was declared dead: others have its runs.
pub(crate) const DECLARED_DEAD: i32 = 3;
/// A run that waits for longer than this does so in the store.
const DORMANT_AFTER: Duration = Duration::from_millis(500);

pub(crate) async fn serve(name: &str, lease: Duration) -> anyhow::Result<()> {
    let url = std::env::var(VARIABLE).context(VARIABLE)?;
    let scoop = Scoop::connect(&url)
        .name(name)
        .lease(lease)
        .dormant_after(DORMANT_AFTER)
        .provide(Provider(database::connect(&url).await?))
        .await?;
    tokio::select! {
        told = told_to_end() => told?,
        () = alone() => {}
        () = scoop.stopped() => std::process::exit(DECLARED_DEAD),
    }
    scoop.shutdown().await;
    Ok(())
}

/// Ends when the process that started this one does.
async fn alone() {
    let (gone, told) = tokio::sync::oneshot::channel();
    // A thread, because the runtime would wait for it in the end.
    std::thread::spawn(move || {
        drop(std::io::stdin().read(&mut [0]));
        let _ = gone.send(());
    });
    drop(told.await);
}
