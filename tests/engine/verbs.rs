//! What each verb of an operator does to a run in each state: a table.

use std::time::Duration;

use scoop::admin::Admin;
use scoop::{Resource, RunFilter, Saga, Scoop, Trouble, saga, step};
use scoop_runtime::operation::SagaCall;
use scoop_runtime::protocol::id::RunId;
use serde::{Deserialize, Deserializer, Serialize};

use crate::connect;
use crate::sagas::{Full, World, names, sleeps, trip};
use crate::support::{Place, on_every_store, soon};

on_every_store!(each_verb_does_this_in_each_state);

/// What the run is two seconds later, where the verb works; why not, where it does not; `none`: there is no
/// such run.
const TABLE: &str = "
                  show         list         retry        skip         resolve      cancel       roll_back    remove_run   requeue
in a step         running      running      no: 1        no: 2        no: 3        running      no: 4        no: 5        running
sleeping          running      running      no: 1        no: 2        no: 3        rolled back  no: 4        no: 5        running
dormant           running      running      no: 1        no: 2        no: 3        rolled back  no: 4        no: 5        no: 6
not begun         running      running      no: 1        no: 2        no: 3        rolled back  no: 4        no: 5        no: 6
between attempts  running      running      no: 1        no: 2        no: 3        rolled back  no: 4        no: 5        running
above another     running      running      no: 1        no: 2        no: 3        rolled back  no: 4        no: 5        running
parked            running      running      no: r        no: s        no: t        running      no: 4        no: 5        running
rolling back      rolling back rolling back no: 7        no: 8        no: 9        rolling back no: a        no: b        rolling back
stuck             stuck        stuck        rolled back  rolled back  rolled back  no: c        no: d        no: e        no: c
completed         completed    completed    no: f        no: g        no: h        no: i        rolled back  gone         no: j
rolled back       rolled back  rolled back  no: k        no: l        no: m        no: n        no: o        gone         no: p
unknown           none         none         none         none         none         none         none         none         none
";

/// Why not, each after the words `run` and its id.
#[rustfmt::skip]
const WHY: &[(char, &str)] = &[
    ('1', "is running, not stuck: there is nothing to retry; `cancel` undoes what it did, `requeue` has it begun again where it hangs"),
    ('2', "is running, not stuck: there is nothing to skip; `cancel` undoes what it did, `requeue` has it begun again where it hangs"),
    ('3', "is running, not stuck: there is nothing to resolve; `cancel` undoes what it did, `requeue` has it begun again where it hangs"),
    ('4', "is running: only one that has completed is undone; `cancel` undoes this one"),
    ('5', "is running: only one that has ended is removed; `cancel` ends this one"),
    ('6', "is nobody's already: a worker takes it up when it is due, at its `wake_at`"),
    ('7', "is rolling back, not stuck: there is nothing to retry; it is being undone, and tries again by itself"),
    ('8', "is rolling back, not stuck: there is nothing to skip; it is being undone, and tries again by itself"),
    ('9', "is rolling back, not stuck: there is nothing to resolve; it is being undone, and tries again by itself"),
    ('a', "is rolling back: only one that has completed is undone; this one is being undone"),
    ('b', "is rolling back: only one that has ended is removed; this one does when it is undone"),
    ('c', "is stuck: `retry`, `skip` or `resolve` it"),
    ('d', "is stuck: only one that has completed is undone; `retry`, `skip` or `resolve` this one"),
    ('e', "is stuck: `retry`, `skip` or `resolve` it first"),
    ('f', "is completed, not stuck: there is nothing to retry; `roll_back` undoes what it did"),
    ('g', "is completed, not stuck: there is nothing to skip; `roll_back` undoes what it did"),
    ('h', "is completed, not stuck: there is nothing to resolve; `roll_back` undoes what it did"),
    ('i', "is completed: there is nothing to cancel; `roll_back` undoes what it did"),
    ('j', "is completed: there is nothing to requeue"),
    ('k', "is rolled back, not stuck: there is nothing to retry; all that it did is undone"),
    ('l', "is rolled back, not stuck: there is nothing to skip; all that it did is undone"),
    ('m', "is rolled back, not stuck: there is nothing to resolve; all that it did is undone"),
    ('n', "is rolled back: there is nothing to cancel"),
    ('o', "is rolled back: only one that has completed is undone; all that this one did is undone"),
    ('p', "is rolled back: there is nothing to requeue"),
    ('r', "is running, not stuck: there is nothing to retry; it is parked: `requeue` has this build look at it again"),
    ('s', "is running, not stuck: there is nothing to skip; it is parked: `requeue` has this build look at it again"),
    ('t', "is running, not stuck: there is nothing to resolve; it is parked: `requeue` has this build look at it again"),
];

#[step(retriable)]
async fn hang(test: &str, world: Resource<World>) -> Result<(), Full> {
    world.effect(test, "hangs");
    std::future::pending().await
}

#[saga]
async fn hanging(test: String) -> Result<(), Full> {
    hang(&test).await
}

#[saga]
async fn sleeping(seconds: u64) -> Result<(), Full> {
    scoop::sleep(Duration::from_secs(seconds)).await;
    Ok(())
}

#[saga]
async fn above() -> Result<(), Full> {
    sleeping(3_600).await
}

#[step(retriable, retry(forever, backoff = "8s..8s"))]
async fn fail(test: &str, world: Resource<World>) -> Result<(), Full> {
    world.effect(test, "failed");
    Err(Full("it".to_owned()))
}

#[saga]
async fn failing(test: String) -> Result<(), Full> {
    fail(&test).await
}

#[step(rollback = undo, undo(retry(forever, backoff = "8s..8s")))]
async fn act() -> Result<(), Full> {
    Ok(())
}

async fn undo(_: (), world: Resource<World>) -> Result<(), Full> {
    world.effect("undo", "failed");
    Err(Full("it".to_owned()))
}

#[step(read_only)]
async fn refuse() -> Result<(), Full> {
    Err(Full("it".to_owned()))
}

#[saga]
async fn going_back() -> Result<(), Full> {
    act().await?;
    refuse().await
}

/// What is stored of it no build can read.
#[derive(Serialize)]
struct Odd;

impl<'de> Deserialize<'de> for Odd {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Err(serde::de::Error::custom("it is odd"))
    }
}

#[saga]
async fn odd(_odd: Odd) -> Result<(), Full> {
    Ok(())
}

/// A run in this state.
async fn run_in(state: &str, test: &str, scoop: &Scoop, world: &World) -> RunId {
    match state {
        "in a step" => {
            let run = start(scoop, hanging(test.into())).await;
            until(|| !world.log(test).is_empty()).await;
            run
        }
        "sleeping" => settled(start(scoop, sleeping(8)).await).await,
        "dormant" => settled(start(scoop, sleeping(3_600)).await).await,
        "not begun" => {
            let later = scoop.start(sleeping(1)).after(Duration::from_secs(3_600));
            later.await.unwrap().id()
        }
        "between attempts" => {
            let run = start(scoop, failing(test.into())).await;
            until(|| !world.log(test).is_empty()).await;
            settled(run).await
        }
        "above another" => settled(start(scoop, above()).await).await,
        "parked" => {
            let later = scoop.start(odd(Odd)).after(Duration::from_millis(1));
            settled(later.await.unwrap().id()).await
        }
        "rolling back" => {
            let before = world.log("undo").len();
            let run = start(scoop, going_back()).await;
            until(|| world.log("undo").len() > before).await;
            settled(run).await
        }
        "stuck" => ended(scoop, trip(test.into(), names(&["a", "sticky", "full"]))).await,
        "completed" => ended(scoop, sleeps()).await,
        "rolled back" => ended(scoop, trip(test.into(), names(&["a", "full"]))).await,
        "unknown" => RunId::from_uuid(uuid::Uuid::from_u128(7)),
        state => panic!("{state}"),
    }
}

async fn start<S: Saga>(scoop: &Scoop, call: SagaCall<S>) -> RunId {
    scoop.start(call).await.unwrap().id()
}

async fn ended<S: Saga>(scoop: &Scoop, call: SagaCall<S>) -> RunId {
    let handle = scoop.start(call).await.unwrap();
    drop(soon(handle.wait()).await);
    handle.id()
}

async fn until(is_so: impl Fn() -> bool) {
    let so = async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    soon(so).await;
}

/// In the time that it takes to come to where it waits.
async fn settled(run: RunId) -> RunId {
    tokio::time::sleep(Duration::from_millis(500)).await;
    run
}

async fn done(verb: &str, admin: &Admin, run: RunId) -> Result<(), Trouble> {
    match verb {
        "show" => admin.show(run).await.map(drop),
        "list" => {
            let all = RunFilter {
                limit: 1_000,
                ..RunFilter::default()
            };
            let all = admin.list(&all).await?;
            let is_there = all.iter().any(|row| row.id == run);
            is_there
                .then_some(())
                .ok_or(Trouble::NoRun(run.to_string()))
        }
        "retry" => admin.retry(run).await,
        "skip" => admin.skip(run, "why").await,
        "resolve" => admin.resolve(run, "why").await,
        "cancel" => admin.cancel(run, "why").await,
        "roll_back" => admin.roll_back(run, "why").await,
        "remove_run" => admin.remove_run(run).await,
        "requeue" => admin.requeue(run).await,
        verb => panic!("{verb}"),
    }
}

/// What stands in the table.
async fn cell(verb: &str, admin: &Admin, run: RunId) -> String {
    let Err(error) = done(verb, admin, run).await else {
        tokio::time::sleep(Duration::from_secs(2)).await;
        return match admin.show(run).await {
            Ok((row, _)) => row.status.to_string(),
            Err(_) => "gone".to_owned(),
        };
    };
    if matches!(error, Trouble::NoRun(_)) {
        return "none".to_owned();
    }
    let error = error.to_string();
    let why = error.strip_prefix(&format!("run {run} "));
    let known = WHY.iter().find(|(_, known)| Some(*known) == why);
    known.map_or(error.clone(), |(mark, _)| format!("no: {mark}"))
}

async fn each_verb_does_this_in_each_state(place: Place) {
    let world = World::default();
    let scoop = connect(place.open().await, &world).await;
    let admin = scoop.admin().by("anna");
    let mut lines = TABLE.trim_start_matches('\n').lines();
    let head = lines.next().unwrap();
    let mut found = format!("\n{head}\n");
    for state in lines.map(|line| line[..18].trim_end()) {
        let mut line = format!("{state:<18}");
        for verb in head.split_whitespace() {
            let run = run_in(state, &format!("{state}, {verb}"), &scoop, &world).await;
            line += &format!("{:<13}", cell(verb, &admin, run).await);
        }
        found += line.trim_end();
        found.push('\n');
    }
    assert!(found == TABLE, "{found}");
}
