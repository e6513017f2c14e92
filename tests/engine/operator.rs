//! What an operator does with a run that is stuck.

use scoop::admin::{CheckpointRow, Direction, RowKind, RunRow, StoredFailure, StoredOutcome};
use scoop::{RunFilter, RunStatus, Status};

use crate::connect;
use crate::sagas::{World, names, trip};
use crate::support::{Place, on_every_store};

on_every_store!(
    a_stuck_run_goes_on_when_an_operator_says_so,
    what_a_run_did_is_shown
);

async fn a_stuck_run_goes_on_when_an_operator_says_so(place: Place) {
    let world = World::default();
    let scoop = connect(place.open().await, &world).await;
    for (test, verb) in [("retry", 0), ("skip", 1), ("resolve", 2)] {
        let places = names(&["a", "sticky", "full"]);
        let handle = scoop.start(trip(test.into(), places)).await.unwrap();
        let error = handle.wait().await.unwrap_err();
        assert!(error.is_stuck(), "{error:?}");
        assert_eq!(handle.status().await.unwrap(), Status::Stuck);
        let admin = scoop.admin();
        match verb {
            0 => admin.retry(handle.id()).await.unwrap(),
            1 => admin.skip(handle.id(), "nobody was there").await.unwrap(),
            _ => admin.resolve(handle.id(), "called them").await.unwrap(),
        }
        let error = handle.wait().await.unwrap_err();
        assert!(!error.is_stuck(), "{error:?}");
        assert_eq!(handle.status().await.unwrap(), Status::RolledBack);
        assert_eq!(world.log(test).last().unwrap(), "-a");
        assert!(
            admin
                .retry(handle.id())
                .await
                .unwrap_err()
                .to_string()
                .contains("not stuck")
        );
    }
}

/// With nothing but what `scoop` exports.
async fn what_a_run_did_is_shown(place: Place) {
    let world = World::default();
    let scoop = connect(place.open().await, &world).await;
    let start = scoop.start(trip("t".into(), names(&["a", "full"]))).id("t");
    start.await.unwrap().wait().await.unwrap_err();
    let undone = RunFilter {
        status: vec![RunStatus::RolledBack],
        ..RunFilter::default()
    };
    let runs: Vec<RunRow> = scoop.admin().list(&undone).await.unwrap();
    let [run] = &runs[..] else { panic!("{runs:?}") };
    let (id, input) = (run.key.as_deref(), run.input.json().unwrap());
    assert_eq!((id, input), (Some("t"), r#"["t",["a","full"]]"#));
    let (shown, rows): (RunRow, Vec<CheckpointRow>) = scoop.admin().show(run.id).await.unwrap();
    assert_eq!(shown, *run);
    let did = |row: &CheckpointRow| (row.seq.0, row.direction, row.kind, row.operation.clone());
    let did: Vec<_> = rows.iter().map(did).collect();
    let name = |name: &str| Some(format!("engine::sagas::{name}"));
    let (forward, undo) = (Direction::Forward, Direction::Undo);
    let wanted = [
        (1, forward, RowKind::Await, name("book")),
        (2, forward, RowKind::Await, name("book")),
        (3, forward, RowKind::Turn, None),
        (4, undo, RowKind::Await, name("cancel")),
        (5, undo, RowKind::End, None),
    ];
    assert_eq!(did, wanted);
    let outcome = rows[1].outcome.as_ref().unwrap().decode().unwrap();
    let StoredOutcome::Done(ticket) = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(ticket.get(), r#""a-ticket""#);
    let failure: StoredFailure = run.failure.as_ref().unwrap().decode().unwrap();
    assert_eq!(failure.error.message, "full is full");
}
