//! Steps as the compiler takes them, called as plain functions and through their descriptors.

#![allow(clippy::unwrap_used)]

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use scoop::__private::runtime::codec::Stored;
use scoop::__private::runtime::inventory;
use scoop::__private::runtime::operation::step::{
    RegisteredStep, StepDescriptor, StepInput, UndoEnd, UndoInput,
};
use scoop::__private::runtime::operation::{Intent, Operation, Step, StepCall, StepEnd};
use scoop::__private::runtime::protocol::description::{OperationKind, StepKind};
use scoop::__private::runtime::protocol::failure::{FailureKind, StoredError, StoredFailure};
use scoop::__private::runtime::resource::{ResourceType, Resources};
use scoop::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Trip {
    to: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Flight(String);

#[derive(Debug, PartialEq, thiserror::Error, Serialize, Deserialize)]
enum FlightError {
    #[error("no flight to {0}")]
    None(String),
    #[error("the line is busy")]
    Busy,
}

#[derive(Debug, thiserror::Error)]
#[error("the mail is down")]
struct MailError;

type MailResult<T> = Result<T, MailError>;

#[derive(Clone, Default)]
struct Mailer(Arc<Mutex<Vec<String>>>);

impl Mailer {
    fn send(&self, text: impl Into<String>) {
        self.0.lock().unwrap().push(text.into());
    }

    fn sent(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

/// Books a flight.
#[step(
    rollback = cancel_flight,
    timeout = "10s",
    retry(max = 5, backoff = "100ms..30s", on = is_busy),
    undo(retry(forever))
)]
async fn book_flight(
    trip: &Trip,
    seats: u32,
    mailer: Resource<Mailer>,
) -> Result<Flight, FlightError> {
    mailer.send(format!("booked {seats}"));
    match trip.to.as_str() {
        "nowhere" => Err(FlightError::None(trip.to.clone())),
        "london" => Err(FlightError::Busy),
        to => Ok(Flight(format!("{to}/{seats}"))),
    }
}

async fn cancel_flight(
    trip: &Trip,
    seats: u32,
    flight: Outcome<Flight>,
    failure: Failure,
    mailer: Resource<Mailer>,
) -> Result<(), FlightError> {
    mailer.send(format!("{} {seats} {flight:?} because {failure}", trip.to));
    match trip.to.as_str() {
        "london" => Err(FlightError::Busy),
        _ => Ok(()),
    }
}

fn is_busy(error: &FlightError) -> bool {
    *error == FlightError::Busy
}

#[step(rollback = give_back)]
async fn take(names: &[String], mut note: String, _: u8, text: &str) -> usize {
    note.push_str(text);
    names.len() + note.len()
}

async fn give_back(
    names: &[String],
    note: String,
    _: u8,
    text: &str,
    taken: usize,
) -> MailResult<()> {
    assert_eq!(
        (names.len(), note.as_str(), text, taken),
        (2, "note", "text", 10)
    );
    Ok(())
}

#[step(rollback = close)]
async fn open() {}

async fn close() -> Result<(), MailError> {
    Ok(())
}

#[step(read_only)]
async fn aliased(fail: bool) -> MailResult<u8> {
    if fail { Err(MailError) } else { Ok(1) }
}

#[step(retriable, blocking, name = "hash")]
fn hash(text: &str, salt: Resource<usize>) -> usize {
    text.len() + *salt
}

struct Hotels {
    booked: AtomicU32,
}

#[scoop::resource]
impl Hotels {
    const ROOMS: u32 = 2;

    fn booked(&self) -> u32 {
        self.booked.load(Ordering::SeqCst)
    }

    /// Books a room.
    #[step(rollback = Self::cancel)]
    pub(crate) async fn book(
        &self,
        trip: &Trip,
        mailer: Resource<Mailer>,
    ) -> Result<u32, FlightError> {
        mailer.send(&*trip.to);
        self.booked.fetch_add(Self::ROOMS, Ordering::SeqCst);
        Ok(self.booked())
    }

    async fn cancel(&self, _trip: &Trip, rooms: u32) -> Result<(), FlightError> {
        self.booked.fetch_sub(rooms, Ordering::SeqCst);
        Ok(())
    }

    #[step(rollback = ignore_rooms)]
    async fn count(&self) -> u32 {
        self.booked()
    }
}

async fn ignore_rooms(_: u32, _: Failure) -> Result<(), FlightError> {
    Ok(())
}

mod renamed {
    use super::MailResult;
    use scoop as saga_library;

    /// Under another name of the crate, and seen from outside.
    #[saga_library::step(rollback = undo, crate = saga_library)]
    pub(super) async fn double(number: u32) -> u32 {
        number * 2
    }

    async fn undo(_: u32, _: u32) -> MailResult<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_crate_may_have_another_name() {
    let call = renamed::double(2);
    assert_eq!(
        descriptor_of(&call).meta.rollback,
        Some("step::renamed::undo")
    );
    assert_eq!(call.call().await, 4);
}

#[tokio::test]
async fn a_step_may_stand_in_a_function() {
    #[step(read_only)]
    async fn inner(text: &str) -> usize {
        text.len()
    }
    assert_eq!(inner("four").call().await, 4);
}

#[tokio::test]
async fn a_step_is_called_as_a_plain_function() {
    let mailer = Mailer::default();
    let flight = book_flight(&trip("rome"), 2)
        .provide(mailer.clone())
        .call()
        .await;
    assert_eq!(flight, Ok(Flight("rome/2".to_owned())));
    assert_eq!(mailer.sent(), ["booked 2"]);
}

#[tokio::test]
async fn borrowed_arguments_are_stored_and_borrowed_again() {
    let names = ["a".to_owned(), "b".to_owned()];
    assert_eq!(take(&names, "note".to_owned(), 1, "text").call().await, 10);
}

#[tokio::test]
async fn a_blocking_step_runs_on_the_blocking_pool() {
    assert_eq!(hash("four").provide(3_usize).call().await, 7);
}

#[tokio::test]
async fn a_method_takes_its_type_from_the_resources() {
    let hotels = hotels(1);
    let call = hotels.book(&trip("rome"));
    assert_eq!(
        call.provide(self::hotels(5))
            .provide(Mailer::default())
            .call()
            .await,
        Ok(7)
    );
    assert_eq!(hotels.booked(), 1);
}

#[tokio::test]
#[should_panic(expected = "add `.provide(..)`")]
async fn a_missing_resource_is_named() {
    let _ = book_flight(&trip("rome"), 1).call().await;
}

#[test]
fn a_descriptor_says_what_the_attribute_says() {
    let step = descriptor_of(&book_flight(&trip("rome"), 1));
    assert_eq!(step.meta.name, "step::book_flight");
    assert_eq!(step.meta.kind, OperationKind::Step(StepKind::Compensatable));
    assert!(step.meta.fallible);
    assert_eq!(step.meta.rollback, Some("step::cancel_flight"));
    assert_eq!(step.timeout, Some(Duration::from_secs(10)));
    let retry = step.retry.unwrap();
    assert_eq!(retry.max, Some(5));
    assert_eq!(retry.first, Duration::from_millis(100));
    assert_eq!(retry.longest, Duration::from_secs(30));
    assert_eq!((step.resources)(), [ResourceType::of::<Mailer>()]);
    let undo = step.undo.as_ref().unwrap();
    assert_eq!(
        (undo.name, undo.retry.unwrap().max),
        ("step::cancel_flight", None)
    );
    assert!((undo.takes_outcome)());
    assert_eq!((undo.resources)(), [ResourceType::of::<Mailer>()]);
}

#[test]
fn a_step_may_have_a_name_of_its_own() {
    let hash = descriptor_of(&hash(""));
    assert_eq!((hash.meta.name, hash.retry), ("hash", None));
    assert!(!hash.meta.fallible);
}

#[test]
fn a_method_is_named_after_its_type_and_wants_it() {
    let book = descriptor_of(&hotels(0).book(&trip("")));
    assert_eq!(book.meta.name, "step::Hotels::book");
    assert_eq!(book.meta.rollback, Some("step::Hotels::cancel"));
    assert_eq!(
        (book.resources)(),
        [ResourceType::of::<Hotels>(), ResourceType::of::<Mailer>()]
    );
    assert_eq!(
        (book.undo.as_ref().unwrap().resources)(),
        [ResourceType::of::<Hotels>()]
    );
}

#[test]
fn steps_register_themselves() {
    let names: Vec<&str> = inventory::iter::<RegisteredStep>()
        .map(|step| step.0.meta.name)
        .collect();
    for name in ["step::book_flight", "hash", "step::Hotels::book"] {
        assert_eq!(
            names.iter().filter(|each| **each == name).count(),
            1,
            "{name} of {names:?}"
        );
    }
}

#[test]
fn no_arguments_are_an_empty_array() {
    assert_eq!(arguments_of(open()).json().unwrap(), "[]");
    assert_eq!(arguments_of(hash("a")).json().unwrap(), r#"["a"]"#);
}

#[tokio::test]
async fn outputs_and_errors_are_stored() {
    let rome = stored(book_flight(&trip("rome"), 1)).await.unwrap();
    assert_eq!(rome.json().unwrap(), r#""rome/1""#);
    let error = stored(book_flight(&trip("nowhere"), 1)).await.unwrap_err();
    assert_eq!(error.message, "no flight to nowhere");
    assert_eq!(error.value.unwrap().get(), r#"{"None":"nowhere"}"#);
    let error = stored(aliased(true)).await.unwrap_err();
    assert_eq!(
        (error.message.as_str(), error.value.is_none()),
        ("the mail is down", true)
    );
    assert_eq!(stored(aliased(false)).await.unwrap().json().unwrap(), "1");
    assert_eq!(stored(open()).await.unwrap().json().unwrap(), "null");
}

#[test]
fn a_predicate_chooses_the_errors_worth_another_attempt() {
    let retry_on = descriptor_of(&book_flight(&trip(""), 1)).retry_on.unwrap();
    let output = |error| -> Result<Flight, FlightError> { Err(error) };
    assert!(retry_on(&output(FlightError::Busy)));
    assert!(!retry_on(&output(FlightError::None(String::new()))));
}

#[tokio::test]
async fn a_rollback_gets_the_outcome_the_failure_and_its_resources() {
    let mailer = Mailer::default();
    let undo = |to: &str, output: Option<&'static str>| {
        undo(book_flight(&trip(to), 2), output, provided(mailer.clone()))
    };
    assert!(matches!(
        undo("rome", Some(r#""rome/2""#)).await,
        UndoEnd::Returned(Ok(()))
    ));
    assert!(matches!(
        undo("rome", None).await,
        UndoEnd::Returned(Ok(()))
    ));
    let UndoEnd::Returned(Err(error)) = undo("london", None).await else {
        panic!("the line is busy");
    };
    assert_eq!(error.message, "the line is busy");
    assert_eq!(
        mailer.sent(),
        [
            r#"rome 2 Done(Flight("rome/2")) because it rained"#,
            "rome 2 Unknown because it rained",
            "london 2 Unknown because it rained",
        ]
    );
}

#[tokio::test]
async fn a_rollback_may_take_the_plain_output() {
    let names = ["a".to_owned(), "b".to_owned()];
    let call = || take(&names, "note".to_owned(), 1, "text");
    assert!(!(descriptor_of(&call())
        .undo
        .as_ref()
        .unwrap()
        .takes_outcome)());
    let end = undo(call(), Some("10"), Resources::default()).await;
    assert!(matches!(end, UndoEnd::Returned(Ok(()))));
    for undecodable in [None, Some(r#""ten""#)] {
        let end = undo(call(), undecodable, Resources::default()).await;
        assert!(matches!(end, UndoEnd::Undecodable(_)));
    }
}

#[tokio::test]
async fn a_rollback_of_nothing_takes_nothing() {
    let end = undo(open(), Some("null"), Resources::default()).await;
    assert!(matches!(end, UndoEnd::Returned(Ok(()))));
}

#[tokio::test]
async fn a_rollback_without_its_resource_does_not_run() {
    let end = undo(book_flight(&trip("rome"), 1), None, Resources::default()).await;
    let UndoEnd::MissingResource(missing) = end else {
        panic!("there is no mailer");
    };
    assert_eq!(missing, ResourceType::of::<Mailer>());
}

#[tokio::test]
async fn a_method_is_undone_by_a_method_or_a_function() {
    let hotels = Resource::new(hotels(3));
    let mut resources = Resources::default();
    resources.insert(hotels.clone());
    let end = undo(hotels.book(&trip("rome")), Some("2"), resources.clone()).await;
    assert!(matches!(end, UndoEnd::Returned(Ok(()))));
    assert_eq!(hotels.booked(), 1);
    let end = undo(hotels.count(), Some("2"), resources).await;
    assert!(matches!(end, UndoEnd::Returned(Ok(()))));
}

fn trip(to: &str) -> Trip {
    Trip { to: to.to_owned() }
}

fn hotels(booked: u32) -> Hotels {
    Hotels {
        booked: AtomicU32::new(booked),
    }
}

fn provided(mailer: Mailer) -> Resources {
    let mut resources = Resources::default();
    resources.insert(Resource::new(mailer));
    resources
}

fn descriptor_of<S: Step>(_: &StepCall<S>) -> &'static StepDescriptor {
    S::descriptor()
}

fn arguments_of<S: Step>(call: StepCall<S>) -> Stored {
    match call.into_intent() {
        Intent::Step { arguments, .. } => arguments.unwrap(),
        _ => panic!("not a step"),
    }
}

async fn stored<S: Step>(call: StepCall<S>) -> Result<Stored, StoredError> {
    let arguments = arguments_of(call);
    let input = StepInput {
        transaction: None,
        arguments,
        resources: provided(Mailer::default()),
    };
    match (S::descriptor().run)(input).await {
        StepEnd::Returned { stored, .. } => stored.unwrap(),
        other => panic!("it did not run: {other:?}"),
    }
}

async fn undo<S: Step>(call: StepCall<S>, output: Option<&str>, resources: Resources) -> UndoEnd {
    let input = UndoInput {
        transaction: None,
        arguments: arguments_of(call),
        output: output.map(Stored::from_json),
        failure: failure("it rained"),
        resources,
    };
    (S::descriptor().undo.as_ref().unwrap().run)(input).await
}

fn failure(message: &str) -> StoredFailure {
    let error = StoredError {
        type_name: String::new(),
        message: message.to_owned(),
        sources: Vec::new(),
        value: None,
    };
    StoredFailure {
        kind: FailureKind::Error,
        error,
        cause: None,
        hop: None,
        below: None,
        doubt: None,
        preceded_by: Vec::new(),
        compensations: Vec::new(),
        resolved: None,
    }
}
