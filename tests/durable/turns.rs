//! What a long loop costs: as much at its ten thousandth turn as at its tenth.

use std::sync::Arc;
use std::time::{Duration, Instant};

use scoop::testing::{CrashStore, Store};
use scoop::{saga, step};
use scoop_runtime::codec::Stored;
use scoop_runtime::protocol::checkpoint::CheckpointRow;

use crate::probe::Probe;
use crate::support::{Place, connect, kill, on_every_store};

on_every_store!(a_late_turn_is_resumed_as_fast_as_an_early_one);

const EARLY: u64 = 10;
const LATE: u64 = 10_000;

#[step(read_only)]
async fn look(turn: u64) -> u64 {
    turn * 2
}

/// Keeps a large local that never changes, a list that grows and shrinks, and a sum.
#[saga]
async fn laps(turns: u64, size: usize) -> (u64, usize) {
    let atlas = "page ".repeat(size);
    let (mut sum, mut newest) = (0, Vec::new());
    for turn in 1..=turns {
        sum += look(turn).await;
        newest.push(turn);
        if newest.len() > 40 {
            newest.clear();
        }
    }
    (sum, atlas.len())
}

const PAGES: usize = 4_000;

/// What it costs to go on at the last turn of so many: rows, bytes, time.
async fn resumed(place: &Place, turns: u64) -> (u64, u64, Duration) {
    let crashing = Arc::new(CrashStore::new(place.open().await, Some(turns)));
    let scoop = connect(crashing.clone()).await;
    let start = scoop.start(laps(turns, PAGES)).id("one");
    let life = async { drop(start.await.unwrap().wait().await) };
    tokio::select! {
        biased;
        () = crashing.crashed() => {}
        () = life => unreachable!("it crashes at its last turn"),
    }
    drop(scoop);
    let store = Probe::new(place.open().await, |_, _| ());
    let begun = Instant::now();
    let scoop = connect(store.clone()).await;
    let handle = scoop.start(laps(turns, PAGES)).id("one").await.unwrap();
    let sum = turns * (turns + 1);
    assert_eq!(handle.wait().await.unwrap(), (sum, 5 * PAGES));
    let took = begun.elapsed();
    let (rows, bytes) = store.read();
    assert_eq!(store.commits(), 1, "it went on at its last turn");
    let id = handle.id();
    check_slots(&*store, id, turns).await;
    kill(scoop, &*store).await;
    (rows, bytes, took)
}

/// The large local is written once; what stands in a row of its own is small.
async fn check_slots(store: &dyn Store, run: scoop::RunId, turns: u64) {
    let rows = store.rows_before(run, None, u32::MAX).await.unwrap();
    assert_eq!(rows.len() as u64, turns + 1);
    let frame = |row: &CheckpointRow| row.frame.as_ref().map_or(0, Stored::len);
    let (first, others) = rows.split_last().unwrap();
    assert!(frame(first) > 5 * PAGES);
    let largest = others.iter().map(frame).max().unwrap();
    assert!(largest < 600, "a later row has a frame of {largest} bytes");
}

async fn a_late_turn_is_resumed_as_fast_as_an_early_one(place: Place) {
    let early = resumed(&place.fresh(), EARLY).await;
    let late = resumed(&place, LATE).await;
    // The large local's row, the newest, and those of the list's patches.
    assert!(late.0 <= early.0 + 40, "rows: {early:?} {late:?}");
    assert!(late.1 <= early.1 * 2, "bytes: {early:?} {late:?}");
    let generous = early.2 * 20 + Duration::from_millis(200);
    assert!(late.2 < generous, "time: {early:?} {late:?}");
}
