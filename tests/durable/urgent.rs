//! Where there is not room for all runs that are due, the most urgent are taken up first.

use std::sync::Arc;

use scoop::{Connect, saga};
use scoop_runtime::store::RunFilter;

use crate::journal::{self, effect};
use crate::support::{Place, connecting, kill, on_every_store};

on_every_store!(
    the_most_urgent_is_taken_up_first,
    a_saga_says_how_urgent_it_is,
    what_is_awaited_is_as_urgent_as_who_awaits_it
);

#[scoop::step(read_only)]
async fn notes(case: &str, what: &str) {
    effect(case, what);
}

#[saga]
async fn takes_note(case: String, what: String) {
    notes(&case, &what).await;
}

#[saga(priority = 3)]
async fn takes_note_soon(case: String, what: String) {
    notes(&case, &what).await;
}

#[saga(priority = -7)]
async fn has_time(case: String) {
    notes(&case, "in time").await;
}

#[saga]
async fn has_notes_taken(case: String) {
    takes_note(case.clone(), "below".to_owned()).await;
    has_time(case).await;
}

fn case() -> String {
    uuid::Uuid::new_v4().to_string()
}

fn noted(case: &str) -> Vec<String> {
    let lines = journal::read(case);
    let what = |line: &String| line.split_once(' ').unwrap().1.to_owned();
    lines.iter().map(what).collect()
}

/// One at a time, by a worker that finds them all there.
fn one_at_a_time(connect: Connect) -> Connect {
    connect.max_running(1)
}

async fn the_most_urgent_is_taken_up_first(place: Place) {
    let case = case();
    let store = place.open().await;
    let client = connecting(Arc::clone(&store)).worker(false).await.unwrap();
    let mut ids = Vec::new();
    for (what, priority) in [("a", 0), ("b", -1), ("c", 2), ("d", 0), ("e", 1)] {
        let start = client.start(takes_note(case.clone(), what.to_owned()));
        ids.push(start.priority(priority).await.unwrap().id());
    }
    kill(client, &*store).await;
    let worker = one_at_a_time(connecting(place.open().await)).await.unwrap();
    for id in ids {
        worker.handle(takes_note, id).wait().await.unwrap();
    }
    assert_eq!(noted(&case), ["c", "e", "a", "d", "b"]);
}

/// Its start may say something else.
async fn a_saga_says_how_urgent_it_is(place: Place) {
    let case = case();
    let store = place.open().await;
    let client = connecting(Arc::clone(&store)).worker(false).await.unwrap();
    let soon = |what: &str| client.start(takes_note_soon(case.clone(), what.to_owned()));
    let later = client.start(takes_note(case.clone(), "a".to_owned()));
    later.priority(1).await.unwrap();
    let last = soon("b").priority(0).await.unwrap().id();
    soon("c").await.unwrap();
    kill(client, &*store).await;
    let worker = one_at_a_time(connecting(place.open().await)).await.unwrap();
    let last = worker.handle(takes_note_soon, last);
    last.wait().await.unwrap();
    assert_eq!(noted(&case), ["c", "a", "b"]);
}

/// Unless its own saga says something else.
async fn what_is_awaited_is_as_urgent_as_who_awaits_it(place: Place) {
    let case = case();
    let store = place.open().await;
    let scoop = connecting(Arc::clone(&store)).await.unwrap();
    let start = scoop.start(has_notes_taken(case.clone())).priority(5);
    let handle = start.await.unwrap();
    handle.wait().await.unwrap();
    let below = RunFilter {
        parent: Some(handle.id()),
        ..RunFilter::default()
    };
    let runs = store.runs(&below).await.unwrap();
    let priorities: Vec<_> = runs.iter().map(|run| run.priority).collect();
    assert_eq!(priorities, [5, -7]);
}
