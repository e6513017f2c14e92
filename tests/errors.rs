//! Errors as users meet them: the value and its way through `source()`, and a caught one that is
//! kept as a local while the process dies.

#![allow(clippy::unwrap_used)]

use std::error::Error as StdError;
use std::sync::Arc;

use scoop::testing::{CrashStore, MemoryStore};
use scoop::{FailureKind, SagaError, Scoop, saga, step};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, thiserror::Error, Serialize, Deserialize, PartialEq)]
#[error("the card ending in {0} was declined")]
struct CardDeclined(u32);

#[derive(Debug, thiserror::Error, Serialize, Deserialize, PartialEq)]
enum TripError {
    #[error("no payment")]
    Payment(#[from] CardDeclined),
}

/// An error that cannot be stored.
#[derive(Debug, thiserror::Error)]
#[error("the bank does not answer")]
struct NoAnswer(#[source] std::io::Error);

#[step(rollback = forget)]
async fn reserve(what: &str) -> Result<String, CardDeclined> {
    Ok(what.to_owned())
}

async fn forget(_: &str, _: String) -> Result<(), CardDeclined> {
    Ok(())
}

#[step(read_only)]
async fn charge(card: u32) -> Result<u64, CardDeclined> {
    match card {
        4242 => Ok(1),
        13 => panic!("unlucky"),
        _ => Err(CardDeclined(card)),
    }
}

#[step(read_only)]
async fn ask_bank() -> Result<(), NoAnswer> {
    let refused = std::io::ErrorKind::ConnectionRefused;
    Err(NoAnswer(std::io::Error::new(refused, "connection refused")))
}

#[saga]
async fn book(card: u32) -> Result<u64, TripError> {
    reserve("a seat").await?;
    Ok(charge(card).await?)
}

/// The line of the last await there.
const CHARGED_AT: u32 = line!() - 4;

#[saga]
async fn book_by_bank() -> Result<(), scoop::Error> {
    reserve("a seat").await?;
    Ok(ask_bank().await?)
}

/// What the caught error says, before and after the await that the process may die at.
#[derive(Debug, Serialize, Deserialize, PartialEq)]
struct Seen {
    error: Option<CardDeclined>,
    kind: Option<FailureKind>,
    report: String,
    chain: Vec<String>,
}

fn seen(error: &SagaError<CardDeclined>) -> Seen {
    Seen {
        error: error.error().cloned(),
        kind: error.kind(),
        report: format!("{error:?}"),
        chain: chain(error),
    }
}

#[saga]
async fn second_card(first: u32) -> Result<(Seen, Seen), CardDeclined> {
    let Err(declined) = scoop::caught(charge(first)).await else {
        return Err(CardDeclined(0));
    };
    let before = seen(&declined);
    reserve("a seat").await?;
    charge(4242).await?;
    Ok((before, seen(&declined)))
}

#[saga]
async fn passes_on(card: u32) -> Result<u64, SagaError<CardDeclined>> {
    let charged = scoop::caught(charge(card)).await?;
    Ok(charged)
}

#[saga]
async fn unlucky_at_last() -> Result<u64, CardDeclined> {
    let mut declined = Vec::new();
    for card in [1, 2] {
        if let Err(error) = scoop::caught(charge(card)).await {
            declined.push(error);
        }
    }
    charge(13).await
}

fn chain(error: &(dyn StdError + 'static)) -> Vec<String> {
    std::iter::successors(Some(error), |&error| error.source())
        .map(ToString::to_string)
        .collect()
}

fn in_chain<'e, T: StdError + 'static>(error: &'e (dyn StdError + 'static)) -> Option<&'e T> {
    std::iter::successors(Some(error), |&error| error.source())
        .find_map(|error| error.downcast_ref())
}

async fn connect() -> Scoop {
    Scoop::connect("memory:").await.unwrap()
}

#[tokio::test]
async fn the_error_itself_stands_in_the_source_chain() {
    let scoop = connect().await;
    let handle = scoop.start(book(13_37)).await.unwrap();
    let error = handle.wait().await.unwrap_err();
    let declined = CardDeclined(1337);
    let hop = &error.hops()[0];
    assert_eq!((hop.file.as_str(), hop.line), (file!(), CHARGED_AT));
    assert_eq!(
        in_chain::<TripError>(&error),
        Some(&TripError::Payment(declined.clone()))
    );
    assert_eq!(in_chain::<CardDeclined>(&error), Some(&declined));
    assert_eq!(error.find::<CardDeclined>(), Some(declined.clone()));
    assert_eq!(error.into_error().unwrap(), TripError::Payment(declined));
}

#[tokio::test]
async fn what_cannot_be_stored_is_text_to_the_last_source() {
    let scoop = connect().await;
    let handle = scoop.start(book_by_bank()).await.unwrap();
    let error = handle.wait().await.unwrap_err();
    let chain = chain(&error);
    assert_eq!(chain.len(), 4, "{chain:?}");
    assert_eq!(
        chain[2..],
        ["the bank does not answer", "connection refused"]
    );
    let returned: Vec<_> = error.error().unwrap().chain().collect();
    assert_eq!(returned, chain[2..]);
    assert!(error.find::<scoop::Error>().is_some());
}

#[tokio::test]
async fn a_caught_error_says_where_it_was_and_can_be_passed_on() {
    let scoop = connect().await;
    let handle = scoop.start(passes_on(13_37)).await.unwrap();
    let error = handle.wait().await.unwrap_err();
    let inner: &SagaError<CardDeclined> = in_chain(error.source().unwrap()).unwrap();
    assert_eq!(inner.hops()[0].point.as_deref(), Some("charge:charged"));
    assert_eq!(inner.hops()[0].attempt, 1);
    assert_eq!(in_chain::<CardDeclined>(&error), Some(&CardDeclined(1337)));
    assert_eq!(error.find::<CardDeclined>(), Some(CardDeclined(1337)));
}

/// A crash after every commit in turn: what the saga knows of the error it caught is the same
/// after as before.
#[tokio::test]
async fn a_caught_error_survives_a_crash_at_any_commit() {
    for (card, error, kind) in [
        (7, Some(CardDeclined(7)), FailureKind::Error),
        (13, None, FailureKind::Panic),
    ] {
        for crash_at in 1..=3 {
            let inner = MemoryStore::new();
            let crashing = Arc::new(CrashStore::new(Arc::new(inner.clone()), Some(crash_at)));
            let on = |store| Scoop::connect("memory:").store(store);
            let first = on(crashing.clone()).await.unwrap();
            let start = first.start(second_card(card)).id("one");
            tokio::select! {
                biased;
                () = crashing.crashed() => {}
                handle = start => tokio::select! {
                    biased;
                    () = crashing.crashed() => {}
                    _ = async { handle.unwrap().wait().await } => panic!("it ended"),
                }
            }
            drop(first);
            let second = on(Arc::new(inner)).await.unwrap();
            let start = second.start(second_card(card)).id("one");
            let (before, after) = start.await.unwrap().wait().await.unwrap();
            assert_eq!(after, before, "crash at commit {crash_at}");
            assert_eq!(after.error, error);
            assert_eq!(after.kind, Some(kind));
            assert!(after.report.contains("await point"), "{}", after.report);
        }
    }
}

#[tokio::test]
async fn a_panic_is_preceded_by_what_was_caught_before() {
    let scoop = connect().await;
    let handle = scoop.start(unlucky_at_last()).await.unwrap();
    let error = handle.wait().await.unwrap_err();
    assert_eq!(error.kind(), Some(FailureKind::Panic));
    let earlier = error
        .preceded_by()
        .iter()
        .map(|earlier| &earlier.error.message);
    let said = |card| format!("the card ending in {card} was declined");
    assert_eq!(earlier.cloned().collect::<Vec<_>>(), [said(1), said(2)]);
}

#[test]
fn trouble_is_kept_as_text() {
    let refused = std::io::Error::other("connection refused");
    let error: SagaError<CardDeclined> = SagaError::from_trouble(NoAnswer(refused));
    let json = serde_json::to_string(&error).unwrap();
    let read: SagaError<CardDeclined> = serde_json::from_str(&json).unwrap();
    assert!(read.is_infrastructure());
    assert_eq!(chain(&read), chain(&error));
}
