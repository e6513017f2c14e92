//! Attributes as they are written, and what is said about wrong ones.

use std::time::Duration;

use proc_macro2::TokenStream;
use quote::quote;

use super::saga::SagaArguments;
use super::step::{Kind, StepArguments};
use crate::diagnostics::Mistakes;

fn step(tokens: TokenStream) -> (StepArguments, Vec<String>) {
    let mut mistakes = Mistakes::default();
    let arguments = StepArguments::parse(tokens, &mut mistakes);
    (
        arguments,
        mistakes
            .into_errors()
            .iter()
            .map(ToString::to_string)
            .collect(),
    )
}

#[track_caller]
fn refused(tokens: TokenStream, expected: &[&str]) {
    assert_eq!(step(tokens).1, expected);
}

#[test]
fn all_keys_of_a_step_are_understood() {
    let (arguments, mistakes) = step(quote! {
        rollback = hotels::cancel, blocking, timeout = "5 minutes", name = "book", crate = ::other,
        retry(max = 5, backoff = "100ms..30s", on = is_transient), undo(retry(forever))
    });
    assert_eq!(mistakes, [""; 0]);
    assert!(matches!(arguments.kind, Some(Kind::Rollback(_))));
    assert_eq!(arguments.timeout.unwrap().0, Duration::from_secs(300));
    let retry = arguments.retry.unwrap();
    assert_eq!(retry.max, Some(5));
    assert_eq!(retry.backoff.unwrap().0.0, Duration::from_millis(100));
    assert!(retry.on.is_some());
    assert_eq!(arguments.undo.unwrap().max, None);
    assert_eq!(
        arguments.krate.runtime().to_string(),
        ":: other :: __private :: runtime"
    );
}

#[test]
fn a_misspelt_key_is_guessed() {
    refused(
        quote!(rollbck = f),
        &["unknown key `rollbck`; did you mean `rollback`?"],
    );
    refused(
        quote!(readonly),
        &["unknown key `readonly`; did you mean `read_only`?"],
    );
}

#[test]
fn a_strange_key_lists_the_known_ones() {
    refused(
        quote!(retry(max = 1, colour = 2)),
        &["unknown key `colour`; known are `max`, `forever`, `backoff`, `on`"],
    );
}

#[test]
fn all_mistakes_are_told_at_once() {
    refused(
        quote!(
            pivot,
            pivot,
            retriable,
            timeout = "ten",
            undo(retry(max = 0)),
            cancellable
        ),
        &[
            "`pivot` is given twice",
            r#"expected a duration: `"10s"`, `"250ms"`, `"5 minutes"`, `"1h 30m"`"#,
            "expected `max = 5` or another number of attempts, at least `1`",
            "a step is of one kind: `pivot` or `retriable`, not both",
            "`undo` says how a `rollback` is retried, and there is none",
            "a `pivot` cannot be dropped: nobody would know whether there is a way back; leave out `cancellable`",
        ],
    );
}

#[test]
fn pauses_are_a_range() {
    let expected = r#"expected the first and the longest pause: `"100ms..30s"`, `"1s..5 minutes"`"#;
    refused(quote!(pivot, retry(forever, backoff = "1s")), &[expected]);
    refused(
        quote!(pivot, retry(forever, backoff = "2s..1s")),
        &["the first pause is longer than the longest"],
    );
}

#[test]
fn a_retry_has_an_end_or_says_that_it_has_none() {
    refused(
        quote!(pivot, retry(backoff = "1s..2s")),
        &["`retry` wants a number of attempts, `retry(max = 5)`, or `retry(forever)`"],
    );
    refused(
        quote!(pivot, retry(max = 2, forever)),
        &["`max` and `forever` exclude each other"],
    );
}

#[test]
fn a_deadline_is_a_duration() {
    let mut mistakes = Mistakes::default();
    let arguments = SagaArguments::parse(quote!(deadline = "2h"), &mut mistakes);
    let two_hours = Duration::from_secs(2 * 3_600);
    assert_eq!(arguments.deadline.map(|length| length.0), Some(two_hours));
    let arguments = SagaArguments::parse(quote!(rollback_deadline = "1 day"), &mut mistakes);
    let day = arguments.rollback_deadline.map(|length| length.0);
    assert_eq!(day, Some(Duration::from_secs(24 * 3_600)));
    SagaArguments::parse(quote!(deadline = "soon"), &mut mistakes);
    let mistake = mistakes.into_errors()[0].to_string();
    assert!(mistake.starts_with("expected a duration"), "{mistake}");
}

#[test]
fn a_priority_is_a_small_number_and_a_queue_has_a_name() {
    let mut mistakes = Mistakes::default();
    let arguments = SagaArguments::parse(quote!(priority = -3, queue = "mail"), &mut mistakes);
    let queue = arguments.queue.map(|queue| queue.value());
    assert_eq!(
        (arguments.priority, queue.as_deref()),
        (Some(-3), Some("mail"))
    );
    for wrong in [
        quote!(priority = 128),
        quote!(priority = "1"),
        quote!(priority),
        quote!(queue = ""),
        quote!(queue = mail),
    ] {
        SagaArguments::parse(wrong, &mut mistakes);
    }
    let number = "expected `priority = 1` or another number, from `-128` to `127`";
    let mistakes = mistakes.into_errors();
    let mistakes: Vec<_> = mistakes.iter().map(ToString::to_string).collect();
    let named = [r#"a queue has a name"#, r#"expected `queue = "mail"`"#];
    assert_eq!(mistakes, [&[number; 3][..], &named].concat());
}

#[test]
fn later_keys_of_a_saga_are_known_and_refused() {
    let mut mistakes = Mistakes::default();
    SagaArguments::parse(quote!(name = "x", alias = "y"), &mut mistakes);
    assert_eq!(
        mistakes.into_errors()[0].to_string(),
        "`alias` is not available in this release yet"
    );
}

#[test]
fn what_cannot_be_dropped_is_said() {
    refused(
        quote!(retriable, cancellable),
        &[
            "a `retriable` step cannot be dropped: nothing would undo what it did by then; give it a `rollback`, or leave out `cancellable`",
        ],
    );
    refused(
        quote!(read_only, blocking, cancellable),
        &[
            "a `blocking` step cannot be dropped: its thread runs on; leave out `cancellable`, or write an `async fn`",
        ],
    );
    refused(
        quote!(read_only, cancellable = true),
        &["`cancellable` stands alone, without a value"],
    );
}
