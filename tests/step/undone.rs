//! What a rollback is told.

use scoop::__private::runtime::operation::step::UndoEnd;
use scoop::__private::runtime::resource::{ResourceType, Resources};
use scoop::prelude::*;

use crate::descriptor::{descriptor_of, undo};
use crate::steps::{Mailer, book_flight, hotels, open, provided, take, trip};

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
