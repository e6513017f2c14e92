//! Facts about the failure of a run.

use super::Fixture;
use super::sample::{change, id, start, worker};
use crate::codec::Stored;
use crate::protocol::run::{RunStatus, RunUpdate};

/// A run that was stuck, and goes on, has no failure any more.
pub async fn a_run_that_runs_on_has_not_failed(fixture: &dyn Fixture) {
    let store = fixture.fresh().await;
    let fence = store.attach(&worker("w")).await.unwrap();
    store.commit(&fence, &[start(1)]).await.unwrap();
    let becomes = |status, failure: Option<&str>| RunUpdate {
        status: Some(status),
        failure: failure.map(Stored::from_json),
        ..RunUpdate::default()
    };
    let mut failures = Vec::new();
    for (status, failure) in [
        (RunStatus::Stuck, Some("{}")),
        (RunStatus::Running, None),
        (RunStatus::RollingBack, Some("[]")),
        (RunStatus::Stuck, None),
    ] {
        let update = becomes(status, failure);
        store.commit(&fence, &[change(1, update)]).await.unwrap();
        let run = store.run(id(1)).await.unwrap().unwrap();
        failures.push(run.failure.map(|stored| stored.json().unwrap().to_owned()));
    }
    let stored = |json: &str| Some(json.to_owned());
    assert_eq!(failures, [stored("{}"), None, stored("[]"), stored("[]")]);
}
