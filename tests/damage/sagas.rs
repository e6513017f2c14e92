//! Sagas that stand at an await until some time has passed, so that their rows can be damaged.

use scoop::{saga, step};

use crate::journal::effect;

#[step(rollback = cancel)]
async fn book(case: &str, what: &str) -> Result<String, scoop::Error> {
    effect(case, &format!("+{what}"));
    Ok(format!("ticket of {what}"))
}

async fn cancel(case: &str, what: &str, ticket: String) -> Result<(), scoop::Error> {
    assert_eq!(ticket, format!("ticket of {what}"));
    effect(case, &format!("-{what}"));
    // It takes a second attempt, so a rollback stands here, too, until some time has passed.
    match scoop::context().unwrap().attempt() {
        1 => Err(std::io::Error::other("nobody there").into()),
        _ => Ok(()),
    }
}

#[step(retriable, retry(max = 3, backoff = "20s..20s"))]
async fn second_attempt(case: &str, number: u32) -> Result<u32, scoop::Error> {
    effect(case, "asked");
    match scoop::context().unwrap().attempt() {
        1 => Err(std::io::Error::other("not yet").into()),
        _ => Ok(number),
    }
}

#[saga]
pub(crate) async fn visit(case: String) -> Result<(String, u32), scoop::Error> {
    let ticket = book(&case, "flight").await?;
    let number = second_attempt(&case, 7).await?;
    let hotel = book(&case, "hotel").await?;
    Ok((format!("{ticket}, {hotel}"), number))
}

#[saga]
pub(crate) async fn regret(case: String) -> Result<(), scoop::Error> {
    book(&case, "a").await?;
    book(&case, "b").await?;
    Err(std::io::Error::other("changed my mind").into())
}
