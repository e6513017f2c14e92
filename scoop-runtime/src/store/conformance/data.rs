//! Facts about what is stored: unusual text, large values, and that it is still there later.

use super::Fixture;
use super::sample::{append, claim, id, new_run, part, row, start, start_keyed, step, worker};
use crate::codec::Stored;
use crate::protocol::checkpoint::CheckpointRow;
use crate::protocol::commit::{Commit, Committed};
use crate::protocol::id::{Seq, WorkerName};
use crate::protocol::run::{NewRun, RunUpdate};
use crate::protocol::timestamp::Timestamp;
use crate::store::{RunFilter, StoreError};

fn hostile() -> Vec<String> {
    let mut texts: Vec<String> = [
        "",
        " ",
        "'; drop table scoop_run; --",
        "\"quoted\" `ticks` \\back\\ %_?:$1",
        "line\nbreak\ttab\r\u{1}\u{7f}",
        "Ünïcödé 旅行 🧳 \u{202e}rtl\u{feff}",
        "e\u{301}",
        "\u{e9}",
        "null",
    ]
    .map(str::to_owned)
    .into();
    texts.push("k".repeat(10_000));
    texts.push("旅".repeat(10_000));
    texts
}

/// As a key, a saga's name, an await point, a part and a worker's name.
pub async fn hostile_text_survives(fixture: &dyn Fixture) {
    let store = fixture.fresh().await;
    for (run, text) in (1..).zip(hostile()) {
        let fence = store.attach(&worker(&text)).await.unwrap();
        let row = CheckpointRow {
            point: text.clone(),
            operation: Some(text.clone()),
            ..part(1, &text)
        };
        let commit = Commit {
            rows: vec![row.clone()],
            ..start_keyed(run, &text, &text)
        };
        assert_eq!(
            store.commit(&fence, &[commit]).await.unwrap(),
            [Committed::Stored]
        );
        let found = store.run_by_key(&text, &text).await.unwrap().unwrap();
        assert_eq!(
            (found.id, found.owner),
            (id(run), Some(WorkerName(text.clone())))
        );
        assert_eq!(found.key.as_ref(), Some(&text));
        let filter = RunFilter {
            saga: Some(text),
            limit: 9,
            ..RunFilter::default()
        };
        assert_eq!(store.runs(&filter).await.unwrap().len(), 1);
        assert_eq!(store.rows_at(id(run), &[Seq(1)]).await.unwrap(), [row]);
    }
}

/// Some databases cannot store it, so none does.
pub async fn nul_in_text_is_refused(fixture: &dyn Fixture) {
    let store = fixture.fresh().await;
    let fence = store.attach(&worker("w")).await.unwrap();
    let point = CheckpointRow {
        point: "a\0b".to_owned(),
        ..row(1)
    };
    let operation = CheckpointRow {
        operation: Some("\0".to_owned()),
        ..row(1)
    };
    for commit in [
        start_keyed(1, "tr\0ip", "k"),
        start_keyed(1, "trip", "k\0"),
        Commit {
            rows: vec![point],
            ..start(1)
        },
        Commit {
            rows: vec![operation],
            ..start(1)
        },
        Commit {
            rows: vec![part(1, "\0")],
            ..start(1)
        },
    ] {
        let error = store.commit(&fence, &[commit]).await.unwrap_err();
        assert!(matches!(error, StoreError::Refused(_)), "{error}");
        assert_eq!(store.run(id(1)).await.unwrap(), None);
    }
    let error = store.attach(&worker("w\0")).await.unwrap_err();
    assert!(matches!(error, StoreError::Refused(_)), "{error}");
}

/// Five megabytes in each value.
pub async fn large_values_survive(fixture: &dyn Fixture) {
    let store = fixture.fresh().await;
    let fence = store.attach(&worker("w")).await.unwrap();
    let large = Stored::from_json(&format!("\"{}\"", "x".repeat(5 << 20)));
    let row = CheckpointRow {
        arguments: Some(large.clone()),
        frame: Some(large.clone()),
        outcome: Some(large.clone()),
        ..row(1)
    };
    let commit = Commit {
        create: Some(NewRun {
            input: large.clone(),
            ..new_run(1)
        }),
        update: RunUpdate {
            output: Some(large.clone()),
            failure: Some(large.clone()),
            ..RunUpdate::default()
        },
        ..append(1, vec![row.clone()])
    };
    assert_eq!(
        store.commit(&fence, &[commit]).await.unwrap(),
        [Committed::Stored]
    );
    let run = store.run(id(1)).await.unwrap().unwrap();
    // No `assert_eq!`: its message would be all these bytes.
    assert!(run.input == large && run.output.as_ref() == Some(&large));
    assert!(run.failure.as_ref() == Some(&large));
    assert!(store.rows_at(id(1), &[Seq(1)]).await.unwrap() == [row]);
}

/// The ends of what the types hold, and bytes that are not UTF-8.
pub async fn extreme_numbers_survive(fixture: &dyn Fixture) {
    let store = fixture.fresh().await;
    let fence = store.attach(&worker("w")).await.unwrap();
    let bytes = Stored::from_bytes((0..=255).collect());
    let new = NewRun {
        wake_at: Some(Timestamp(i64::MAX)),
        created_at: Timestamp(i64::MIN),
        input: bytes.clone(),
        ..new_run(u128::MAX)
    };
    let last = CheckpointRow {
        frame: Some(Stored::from_bytes(Vec::new())),
        ..row(i64::MAX - 1)
    };
    let commit = Commit {
        create: Some(new),
        ..append(u128::MAX, vec![last.clone()])
    };
    store.commit(&fence, &[commit]).await.unwrap();
    let run = store.run(id(u128::MAX)).await.unwrap().unwrap();
    assert_eq!(
        (run.wake_at, run.created_at),
        (Some(Timestamp(i64::MAX)), Timestamp(i64::MIN))
    );
    assert_eq!((run.input, run.seq), (bytes, Seq(i64::MAX - 1)));
    assert_eq!(store.rows_before(run.id, None, 9).await.unwrap(), [last]);
}

/// All that an answer said was stored.
pub async fn reopening_keeps_everything(fixture: &dyn Fixture) {
    let store = fixture.fresh().await;
    let fence = store.attach(&worker("w")).await.unwrap();
    let batch = [start_keyed(1, "trip", "k"), start(2), step(1, 2)];
    store.commit(&fence, &batch).await.unwrap();
    let all = RunFilter {
        limit: 9,
        ..RunFilter::default()
    };
    let runs = store.runs(&all).await.unwrap();
    let rows = store.rows_before(id(1), None, 9).await.unwrap();
    assert_eq!((runs.len(), rows.len()), (2, 2));
    let store = fixture.reopen(store).await;
    assert_eq!(store.runs(&all).await.unwrap(), runs);
    assert_eq!(store.rows_before(id(1), None, 9).await.unwrap(), rows);
    let fence = store.attach(&worker("w")).await.unwrap();
    let again = store
        .commit(&fence, &[start_keyed(3, "trip", "k")])
        .await
        .unwrap();
    assert!(
        matches!(&again[..], [Committed::KeyTaken(run)] if run.id == id(1)),
        "{again:?}"
    );
}

/// Clearly, and for ever; closing twice is fine.
pub async fn a_closed_store_refuses_calls(fixture: &dyn Fixture) {
    let store = fixture.fresh().await;
    let fence = store.attach(&worker("w")).await.unwrap();
    store.close().await;
    store.close().await;
    for error in [
        store.attach(&worker("w")).await.unwrap_err(),
        store.commit(&fence, &[start(1)]).await.unwrap_err(),
        store.claim(&fence, &claim(1)).await.unwrap_err(),
        store.run(id(1)).await.unwrap_err(),
    ] {
        assert!(error.to_string().contains("store is closed"), "{error}");
        assert!(!error.is_temporary());
    }
}
