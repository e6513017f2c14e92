//! Facts about reading.

use std::sync::Arc;

use super::Fixture;
use super::sample::{append, change, id, part, row, start, start_keyed, step, worker};
use crate::protocol::checkpoint::CheckpointRow;
use crate::protocol::id::{RunId, Seq};
use crate::protocol::run::{RunStatus, RunUpdate};
use crate::protocol::timestamp::Timestamp;
use crate::store::{RunFilter, Store};

async fn with_parts(fixture: &dyn Fixture) -> Arc<dyn Store> {
    let store = fixture.fresh().await;
    let fence = store.attach(&worker("w")).await.unwrap();
    store.commit(&fence, &[start(1), start(2)]).await.unwrap();
    let rows = vec![
        part(2, "1"),
        part(2, "0@1"),
        row(2),
        part(2, "1.0"),
        part(2, "@1"),
        row(3),
    ];
    store
        .commit(&fence, &[append(1, rows), step(1, 10)])
        .await
        .unwrap();
    store
}

fn places(rows: &[CheckpointRow]) -> Vec<(i64, &str)> {
    rows.iter()
        .map(|row| (row.seq.0, row.part.0.as_str()))
        .collect()
}

/// In the order of position and part, whatever was asked for first.
pub async fn rows_are_found_by_position(fixture: &dyn Fixture) {
    let store = with_parts(fixture).await;
    let rows = store
        .rows_at(id(1), &[Seq(10), Seq(2), Seq(7), Seq(2)])
        .await
        .unwrap();
    let expected = [
        (2, ""),
        (2, "0@1"),
        (2, "1"),
        (2, "1.0"),
        (2, "@1"),
        (10, ""),
    ];
    assert_eq!(places(&rows), expected);
    assert_eq!(store.rows_at(id(1), &[]).await.unwrap(), []);
}

/// Page by page; the parts of one position in their order.
pub async fn rows_are_read_newest_first(fixture: &dyn Fixture) {
    let store = with_parts(fixture).await;
    let all = store.rows_before(id(1), None, 99).await.unwrap();
    let expected = [
        (10, ""),
        (3, ""),
        (2, ""),
        (2, "0@1"),
        (2, "1"),
        (2, "1.0"),
        (2, "@1"),
        (1, ""),
    ];
    assert_eq!(places(&all), expected);
    for (before, limit, expected) in [
        (None, 0, &expected[..0]),
        (None, 3, &expected[..3]),
        (Some(Seq(10)), 2, &expected[1..3]),
        (Some(Seq(2)), 9, &expected[7..]),
        (Some(Seq(1)), 9, &expected[..0]),
    ] {
        let page = store.rows_before(id(1), before, limit).await.unwrap();
        assert_eq!(places(&page), expected, "{before:?} {limit}");
    }
}

/// Each condition alone and all together.
#[expect(clippy::too_many_lines, reason = "a table")]
pub async fn runs_are_filtered_and_paged(fixture: &dyn Fixture) {
    let store = fixture.fresh().await;
    let fence = store.attach(&worker("w")).await.unwrap();
    for run in 1..=6 {
        let saga = if run % 2 == 0 { "even" } else { "odd" };
        store
            .commit(&fence, &[start_keyed(run, saga, &run.to_string())])
            .await
            .unwrap();
    }
    for (run, status) in [(3, RunStatus::Stuck), (4, RunStatus::Completed)] {
        let to = RunUpdate {
            status: Some(status),
            ..RunUpdate::default()
        };
        store.commit(&fence, &[change(run, to)]).await.unwrap();
    }
    let all = RunFilter {
        limit: 99,
        ..RunFilter::default()
    };
    let odd = RunFilter {
        saga: Some("odd".to_owned()),
        ..all.clone()
    };
    let done = vec![RunStatus::Completed, RunStatus::Stuck];
    for (filter, expected) in [
        (all.clone(), vec![1, 2, 3, 4, 5, 6]),
        (RunFilter::default(), vec![1, 2, 3, 4, 5, 6]),
        (
            RunFilter {
                limit: 0,
                ..all.clone()
            },
            vec![],
        ),
        (
            RunFilter {
                limit: 2,
                ..all.clone()
            },
            vec![1, 2],
        ),
        (
            RunFilter {
                after: Some(id(2)),
                limit: 2,
                ..all.clone()
            },
            vec![3, 4],
        ),
        (
            RunFilter {
                after: Some(id(6)),
                ..all.clone()
            },
            vec![],
        ),
        (
            RunFilter {
                status: done.clone(),
                ..all.clone()
            },
            vec![3, 4],
        ),
        (
            RunFilter {
                saga: Some("no".to_owned()),
                ..all.clone()
            },
            vec![],
        ),
        (odd.clone(), vec![1, 3, 5]),
        (
            RunFilter {
                status: done,
                ..odd.clone()
            },
            vec![3],
        ),
        (
            RunFilter {
                status: vec![RunStatus::Running],
                limit: 1,
                ..odd.clone()
            },
            vec![1],
        ),
        (
            RunFilter {
                after: Some(id(1)),
                limit: 1,
                ..odd
            },
            vec![3],
        ),
    ] {
        let runs = store.runs(&filter).await.unwrap();
        let found: Vec<RunId> = runs.iter().map(|run| run.id).collect();
        let expected: Vec<RunId> = expected.into_iter().map(id).collect();
        assert_eq!(found, expected, "{filter:?}");
    }
}

/// A run's id is its key; each ended as many milliseconds after its start as that was after the first.
pub async fn runs_are_found_by_their_keys_and_times(fixture: &dyn Fixture) {
    let store = fixture.fresh().await;
    let fence = store.attach(&worker("w")).await.unwrap();
    for (run, key) in [
        (1, "a/1"),
        (2, "a/2"),
        (3, "b%1"),
        (4, "A/1"),
        (5, "\u{e4}/1"),
    ] {
        let mut start = start_keyed(run, "odd", key);
        start.create.as_mut().unwrap().created_at = Timestamp(i64::try_from(run).unwrap() * 10);
        store.commit(&fence, &[start]).await.unwrap();
    }
    let ends = RunUpdate {
        status: Some(RunStatus::Completed),
        finished_at: Some(Timestamp(70)),
        ..RunUpdate::default()
    };
    store.commit(&fence, &[change(2, ends)]).await.unwrap();
    let all = RunFilter::default();
    let key = |prefix: &str| RunFilter {
        key_prefix: Some(prefix.to_owned()),
        ..RunFilter::default()
    };
    let between = |since, before| RunFilter {
        started_since: Some(Timestamp(since)),
        started_before: Some(Timestamp(before)),
        saga: Some("odd".to_owned()),
        ..RunFilter::default()
    };
    let ended = |before| RunFilter {
        ended_before: Some(Timestamp(before)),
        ..RunFilter::default()
    };
    for (filter, expected) in [
        (all, vec![1, 2, 3, 4, 5]),
        (key("a/"), vec![1, 2]),
        (key("b%"), vec![3]),
        (key("%"), vec![]),
        (key("\u{e4}"), vec![5]),
        (between(20, 40), vec![2, 3]),
        (between(20, 41), vec![2, 3, 4]),
        (between(51, 99), vec![]),
        (ended(70), vec![]),
        (ended(71), vec![2]),
    ] {
        let runs = store.runs(&filter).await.unwrap();
        let found: Vec<RunId> = runs.iter().map(|run| run.id).collect();
        let expected: Vec<RunId> = expected.into_iter().map(id).collect();
        assert_eq!(found, expected, "{filter:?}");
    }
}

/// With the other conditions, too.
pub async fn the_runs_that_a_run_awaited_are_found(fixture: &dyn Fixture) {
    let store = fixture.fresh().await;
    let fence = store.attach(&worker("w")).await.unwrap();
    store.commit(&fence, &[start(1)]).await.unwrap();
    for (run, saga, parent) in [
        (2, "hotel", 1),
        (3, "flight", 1),
        (4, "flight", 3),
        (5, "hotel", 1),
    ] {
        let mut child = start_keyed(run, saga, &run.to_string());
        child.create.as_mut().unwrap().parent = Some(id(parent));
        store.commit(&fence, &[child]).await.unwrap();
    }
    let of = |parent| RunFilter {
        parent: Some(id(parent)),
        ..RunFilter::default()
    };
    let hotels = RunFilter {
        saga: Some("hotel".to_owned()),
        ..of(1)
    };
    let second = RunFilter {
        after: Some(id(2)),
        limit: 1,
        ..of(1)
    };
    let done = RunFilter {
        status: vec![RunStatus::Completed],
        ..of(1)
    };
    let top = RunFilter {
        top: true,
        ..RunFilter::default()
    };
    for (filter, expected) in [
        (top, vec![1]),
        (of(1), vec![2, 3, 5]),
        (of(2), vec![]),
        (of(3), vec![4]),
        (hotels, vec![2, 5]),
        (second, vec![3]),
        (done, vec![]),
    ] {
        let runs = store.runs(&filter).await.unwrap();
        let found: Vec<RunId> = runs.iter().map(|run| run.id).collect();
        let expected: Vec<RunId> = expected.into_iter().map(id).collect();
        assert_eq!(found, expected, "{filter:?}");
    }
}

/// Nothing, rather than an error.
pub async fn what_is_not_there_is_not_found(fixture: &dyn Fixture) {
    let store = fixture.fresh().await;
    assert_eq!(store.run(id(1)).await.unwrap(), None);
    assert_eq!(store.run_by_key("trip", "k").await.unwrap(), None);
    assert_eq!(store.rows_at(id(1), &[Seq(1)]).await.unwrap(), []);
    assert_eq!(store.rows_before(id(1), None, 9).await.unwrap(), []);
    assert_eq!(
        store
            .runs(&RunFilter {
                limit: 9,
                ..RunFilter::default()
            })
            .await
            .unwrap(),
        []
    );
}
