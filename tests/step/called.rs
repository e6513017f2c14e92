//! Steps called as plain functions.

use scoop::prelude::*;

use crate::descriptor::descriptor_of;
use crate::steps::{Flight, Mailer, book_flight, hash, hotels, renamed, take, trip};

#[tokio::test]
async fn the_crate_may_have_another_name() {
    let call = renamed::double(2);
    assert_eq!(
        descriptor_of(&call).meta.rollback,
        Some("step::steps::renamed::undo")
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
        call.provide(crate::steps::hotels(5))
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
