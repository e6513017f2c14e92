//! What a descriptor says of its step.

use std::time::Duration;

use scoop::__private::runtime::inventory;
use scoop::__private::runtime::operation::step::RegisteredStep;
use scoop::__private::runtime::protocol::description::{OperationKind, StepKind};
use scoop::__private::runtime::resource::ResourceType;

use crate::descriptor::{arguments_of, descriptor_of, stored};
use crate::steps::{
    Flight, FlightError, Hotels, Mailer, aliased, book_flight, hash, hotels, open, trip,
};

#[test]
fn a_descriptor_says_what_the_attribute_says() {
    let step = descriptor_of(&book_flight(&trip("rome"), 1));
    assert_eq!(step.meta.name, "step::steps::book_flight");
    assert_eq!(step.meta.kind, OperationKind::Step(StepKind::Compensatable));
    assert!(step.meta.fallible);
    assert_eq!(step.meta.rollback, Some("step::steps::cancel_flight"));
    assert_eq!(step.timeout, Some(Duration::from_secs(10)));
    let retry = step.retry.unwrap();
    assert_eq!(retry.max, Some(5));
    assert_eq!(retry.first, Duration::from_millis(100));
    assert_eq!(retry.longest, Duration::from_secs(30));
    assert_eq!((step.resources)(), [ResourceType::of::<Mailer>()]);
    let undo = step.undo.as_ref().unwrap();
    assert_eq!(
        (undo.name, undo.retry.unwrap().max),
        ("step::steps::cancel_flight", None)
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
    assert_eq!(book.meta.name, "step::steps::Hotels::book");
    assert_eq!(book.meta.rollback, Some("step::steps::Hotels::cancel"));
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
    for name in [
        "step::steps::book_flight",
        "hash",
        "step::steps::Hotels::book",
    ] {
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
