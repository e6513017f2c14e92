//! What an operator does with a run that is stuck.

use std::time::Duration;

use scoop::admin::{
    CheckpointRow, Direction, Remove, RowKind, RunRow, StoredFailure, StoredOutcome,
};
use scoop::{FailureKind, Retention, RunFilter, RunStatus, Status, saga};

use crate::child::tour;
use crate::connect;
use crate::sagas::{Full, World, names, past_pivot, trip};
use crate::support::{Place, connecting, on_every_store, soon};

on_every_store!(
    a_stuck_run_goes_on_when_an_operator_says_so,
    a_run_stuck_past_its_pivot_is_ended_by_hand,
    what_a_run_did_is_shown,
    who_decided_is_shown,
    a_completed_run_is_undone_on_request,
    finished_runs_are_removed,
    each_saga_keeps_as_many_finished_runs_as_it_says
);

/// Ends at once.
#[saga(name = "tick")]
async fn tick(number: u32) -> u32 {
    number
}

/// Ends at once, too.
#[saga(name = "tock")]
async fn tock(number: u32) -> u32 {
    number
}

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

async fn a_run_stuck_past_its_pivot_is_ended_by_hand(place: Place) {
    let world = World::default();
    let scoop = connect(place.open().await, &world).await;
    let handle = scoop.start(past_pivot("t".into())).id("t").await.unwrap();
    assert!(handle.wait().await.unwrap_err().is_stuck());
    let (admin, run) = (scoop.admin(), handle.id());
    let why = "failed past its pivot: nothing of it is undone";
    let then = "finish by hand what it left, and `resolve` it then";
    let says = format!("run {run} {why}, so there is nothing to retry; {then}");
    assert_eq!(admin.retry(run).await.unwrap_err().to_string(), says);
    let says = format!("run {run} {why}, so there is nothing to skip; {then}");
    let skipped = admin.skip(run, "who cares").await;
    assert_eq!(skipped.unwrap_err().to_string(), says);

    admin.resolve(run, "sent a voucher").await.unwrap();
    assert_eq!(handle.status().await.unwrap(), Status::RolledBack);
    let error = handle.wait().await.unwrap_err();
    assert!(!error.is_stuck(), "{error:?}");
    assert_eq!(error.error(), Some(&Full("full".into())));
    let line = "saga `engine::sagas::past_pivot` failed past its pivot and was finished by hand";
    assert_eq!(error.to_string(), line);
    let report = format!("{error:?}");
    assert!(
        report.ends_with("\n  finished by hand: sent a voucher"),
        "{report}"
    );
    let (row, rows) = admin.show(run).await.unwrap();
    assert!(row.finished_at.is_some());
    assert_eq!(rows.last().unwrap().kind, RowKind::Operator);
    assert_eq!(world.log("t"), ["+a", "pay", "+full"]);
    let twice = admin.resolve(run, "again").await.unwrap_err().to_string();
    assert!(twice.contains("is rolled back, not stuck"), "{twice}");
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

async fn who_decided_is_shown(place: Place) {
    let world = World::default();
    let scoop = connect(place.open().await, &world).await;
    let handle = scoop.start(past_pivot("t".into())).await.unwrap();
    soon(handle.wait()).await.unwrap_err();
    let admin = scoop.admin().by("anna");
    admin.resolve(handle.id(), "sent a voucher").await.unwrap();
    let (_, rows) = admin.show(handle.id()).await.unwrap();
    let decision = rows.last().unwrap();
    assert_eq!(decision.operation.as_deref(), Some("scoop::resolve"));
    let why = decision.arguments.as_ref().unwrap().json().unwrap();
    assert_eq!(why, r#"{"actor":"anna","reason":"sent a voucher"}"#);
}

async fn a_completed_run_is_undone_on_request(place: Place) {
    let world = World::default();
    let scoop = connect(place.open().await, &world).await;
    let handle = scoop.start(tour("t".into(), names(&["a"]))).await.unwrap();
    soon(handle.wait()).await.unwrap();
    let admin = scoop.admin().by("anna");
    admin.roll_back(handle.id(), "it rains").await.unwrap();
    let error = soon(handle.wait()).await.unwrap_err();
    assert_eq!(error.kind(), Some(FailureKind::UndoneByHand));
    assert_eq!(error.compensations().len(), 2, "{error:?}");
    let says = "saga `engine::child::tour` was rolled back by an operator, after it had completed";
    assert_eq!(error.to_string(), says);
    let mut log = world.log("t");
    log.retain(|line| line != "flaky");
    assert_eq!(log, ["+home", "+a", "-a", "-home"]);
    let twice = admin.roll_back(handle.id(), "again").await.unwrap_err();
    assert!(
        twice.to_string().contains("is rolled back: only one"),
        "{twice}"
    );

    let paid = scoop.start(past_pivot("p".into())).await.unwrap();
    soon(paid.wait()).await.unwrap_err();
    let stuck = admin.roll_back(paid.id(), "no").await.unwrap_err();
    assert!(stuck.to_string().contains("is stuck: only one"), "{stuck}");
}

async fn each_saga_keeps_as_many_finished_runs_as_it_says(place: Place) {
    let connect = connecting(place.open().await).provide(World::default());
    let connect = connect.keep_finished(Retention::count(3));
    let tocks = Retention::count(5).and_age(Duration::from_secs(3_600));
    let scoop = connect.keep_finished_of("tock", tocks).await.unwrap();
    for number in 0..9 {
        // No two of them end at one moment.
        tokio::time::sleep(Duration::from_secs(1)).await;
        scoop
            .start(tick(number))
            .await
            .unwrap()
            .wait()
            .await
            .unwrap();
        scoop
            .start(tock(number))
            .await
            .unwrap()
            .wait()
            .await
            .unwrap();
    }
    let admin = scoop.admin();
    let kept = async |saga: &str| {
        let filter = RunFilter {
            saga: Some(saga.to_owned()),
            ..RunFilter::default()
        };
        let runs = admin.list(&filter).await.unwrap();
        let inputs = runs.iter().map(|run| run.input.json().unwrap().to_owned());
        inputs.collect::<Vec<String>>()
    };
    tokio::time::sleep(Duration::from_secs(61)).await;
    let ticks = async || kept("tick").await.len() == 3;
    let tocks = async |count| kept("tock").await.len() == count;
    soon(async {
        while !(ticks().await && tocks(5).await) {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    })
    .await;
    assert_eq!(kept("tick").await, ["[6]", "[7]", "[8]"]);
    assert_eq!(kept("tock").await, ["[4]", "[5]", "[6]", "[7]", "[8]"]);
    tokio::time::sleep(Duration::from_secs(3_600 + 61)).await;
    soon(async {
        while !tocks(0).await {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    })
    .await;
    assert_eq!(kept("tick").await.len(), 3);
}

async fn finished_runs_are_removed(place: Place) {
    const DAY: Duration = Duration::from_secs(86_400);
    let world = World::default();
    let store = place.open().await;
    let connect = connecting(store).provide(world.clone());
    let scoop = connect.keep_finished(DAY).await.unwrap();
    let handle = scoop
        .start(tour("t".into(), names(&["a"])))
        .id("t")
        .await
        .unwrap();
    soon(handle.wait()).await.unwrap();
    let admin = scoop.admin();
    let young = admin.remove(&Remove::older_than(DAY)).await.unwrap();
    assert_eq!(
        (
            young,
            admin.list(&RunFilter::default()).await.unwrap().len()
        ),
        (0, 3)
    );
    // The tests' clock.
    tokio::time::sleep(DAY + Duration::from_secs(61)).await;
    let gone = async {
        while !admin.list(&RunFilter::default()).await.unwrap().is_empty() {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    };
    soon(gone).await;
    assert!(scoop.find(tour, "t").await.unwrap().is_none());
    let none = Remove::older_than(Duration::ZERO).of_saga("none");
    assert_eq!(admin.remove(&none).await.unwrap(), 0);
}
