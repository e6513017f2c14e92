//! The same for a saga that awaits the second step in an `async` block.

use scoop::saga;

use crate::{SoldOut, book, from, hold, look};

/// A saga that awaits the second step in a block.
#[saga(name = "block")]
async fn block(city: String) -> Result<String, SoldOut> {
    let (got, seen) = scoop::try_join!(
        async {
            let flight = book(&city).await?;
            let room = hold(&flight).await?;
            Ok::<_, SoldOut>(format!("{flight} {room}"))
        },
        look("it"),
    )?;
    Ok(format!("{city} {got} {}", seen.len()))
}

#[saga(name = "block_around")]
async fn block_around(city: String) -> Result<String, SoldOut> {
    let _beside = look("it").await?;
    let (got, room) = scoop::try_join!(
        async {
            let seen = look(&city).await?;
            if seen.is_empty() {
                return Err(SoldOut);
            }
            let flight = book(&city).await?;
            let room = hold(&flight).await?;
            Ok(format!("{room} {flight}"))
        },
        look("another"),
    )?;
    Ok(format!("{city} {got} {room}"))
}

#[saga(name = "block_not_alone")]
async fn block_not_alone(city: String) -> Result<String, SoldOut> {
    let (got, other) = scoop::try_join!(
        async {
            let flight = book(&city).await?;
            hold(&flight).await
        },
        async { hold(&city).await },
    )?;
    Ok(format!("{got} {other}"))
}

#[saga(name = "block_no_more")]
async fn block_no_more(city: String) -> Result<String, SoldOut> {
    let (got, other) = scoop::try_join!(hold(&city), hold(&city))?;
    Ok(format!("{got} {other}"))
}

#[saga(name = "block_other_await")]
async fn block_other_await(city: String) -> Result<String, SoldOut> {
    let (got, other) = scoop::try_join!(async { hold(&city).await }, hold(&city))?;
    Ok(format!("{got} {other}"))
}

#[saga(name = "block_other_step")]
async fn block_other_step(city: String) -> Result<String, SoldOut> {
    let (got, other) = scoop::try_join!(
        async {
            #[at("hold:room")]
            let room = look(&city).await?;
            Ok(room)
        },
        hold(&city),
    )?;
    Ok(format!("{got} {other}"))
}

#[saga(name = "block_captures_more")]
async fn block_captures_more(city: String) -> Result<String, SoldOut> {
    let more = city.len();
    let (got, other) = scoop::try_join!(
        async {
            let room = hold(&city).await?;
            Ok(format!("{room} {more}"))
        },
        hold(&city),
    )?;
    Ok(format!("{got} {other}"))
}

pub(crate) async fn go_on_or_are_parked() {
    for (next, wanted) in [
        ("block", "rome <rome> room for <rome> 12"),
        ("block_around", "rome room for <rome> <rome> looked at it"),
    ] {
        assert_eq!(from(block, next).await, wanted, "{next}");
    }
    for (next, wanted) in [
        (
            "block_not_alone",
            "at `try_join` it is in the `async` block `block`, which this build does not have",
        ),
        (
            "block_no_more",
            "at `try_join` it is in the `async` block `block`, which this build does not have",
        ),
        (
            "block_other_await",
            "it stands at await point `try_join/block/hold:room`, which this build does not have",
        ),
        (
            "block_other_step",
            "at `try_join/block/hold:room` it waits for `hold`, and this build for `look`",
        ),
        (
            "block_captures_more",
            "what the `async` block at `try_join` captured cannot be decoded",
        ),
        ("gone", "it stands at await point `try_join`"),
    ] {
        let said = from(block, next).await;
        let parked = said.contains("is parked: ") && said.contains(wanted);
        assert!(parked, "{next}: {said}");
    }
}
