//! Sagas that are given too much, or fall over.

use scoop::{Outcome, Resource, saga, step};

/// What a step asks for, and a program may have forgotten to provide.
#[derive(Clone, Debug)]
pub(crate) struct Mailer;

#[step(read_only)]
async fn letter(length: usize, _mailer: Resource<Mailer>) -> String {
    "x".repeat(length)
}

#[step(rollback = take_back)]
async fn send(text: &str, _mailer: Resource<Mailer>) -> Result<usize, scoop::Error> {
    assert!(!text.starts_with('!'), "{text} is no letter");
    Ok(text.len())
}

async fn take_back(text: &str, length: usize, _: Resource<Mailer>) -> Result<(), scoop::Error> {
    assert_eq!(text.len(), length);
    Ok(())
}

#[saga]
pub(crate) async fn greet(name: String) -> Result<usize, scoop::Error> {
    send(&name).await
}

/// A local of this length is kept over an await.
#[saga]
pub(crate) async fn keep_letter(length: usize) -> Result<usize, scoop::Error> {
    send("hello").await?;
    let novel = letter(length).await;
    let sent = send("again").await?;
    Ok(novel.len() + sent)
}

/// An argument of this length is given to a step.
#[saga]
pub(crate) async fn send_letter(length: usize) -> Result<usize, scoop::Error> {
    send("hello").await?;
    send(&"y".repeat(length)).await
}

#[saga]
pub(crate) async fn fall_over(early: bool) -> Result<usize, scoop::Error> {
    assert!(!early, "before the first await");
    let sent = send("hello").await?;
    if sent > 0 {
        panic!("between two awaits, after {sent}");
    }
    send("again").await
}

#[saga]
pub(crate) async fn send_twice(second: String) -> Result<usize, scoop::Error> {
    send("hello").await?;
    send(&second).await
}

#[step(rollback = hang_up)]
async fn dial(number: &str) -> Result<u32, scoop::Error> {
    let digits = number.parse().expect("digits");
    Ok(digits)
}

async fn hang_up(_: &str, dialled: Outcome<u32>) -> Result<(), scoop::Error> {
    assert_eq!(dialled, Outcome::Unknown);
    Ok(())
}

#[saga]
pub(crate) async fn ring(number: String) -> Result<u32, scoop::Error> {
    send("hello").await?;
    dial(&number).await
}
