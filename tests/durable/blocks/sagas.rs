//! Sagas with `async` blocks, which take their time.

use std::time::Duration;

use scoop::{saga, step};
use serde::{Deserialize, Serialize};

use crate::journal::effect;

#[derive(Clone, Debug, PartialEq, thiserror::Error, Serialize, Deserialize)]
#[error("{0} failed")]
pub(super) struct Failed(pub(super) String);

#[step(rollback = unwork)]
pub(super) async fn work(case: &str, name: &str, seconds: u64) -> Result<u64, Failed> {
    effect(case, &format!("begins {name}"));
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    effect(case, &format!("ends {name}"));
    match name {
        "panics" => panic!("boom"),
        name if name.starts_with("fails") => Err(Failed(name.to_owned())),
        _ => Ok(seconds),
    }
}

async fn unwork(case: &str, name: &str, _: u64, done: scoop::Outcome<u64>) -> Result<(), Failed> {
    effect(case, &format!("undoes {name} {done:?}"));
    match name {
        "sticky" => Err(Failed("the undo".to_owned())),
        _ => Ok(()),
    }
}

#[step(pivot)]
pub(super) async fn sign(case: &str, seconds: u64) -> Result<u64, Failed> {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    effect(case, "signs");
    Ok(seconds)
}

/// A pivot in a block, and a step behind it.
#[saga]
pub(super) async fn signed(case: String) -> Result<u64, Failed> {
    let (a, ()) = scoop::join!(
        async {
            let signed = sign(&case, 3).await?;
            Ok::<_, Failed>(signed + work(&case, "a", 2).await?)
        },
        async { scoop::sleep(Duration::from_secs(1)).await },
    );
    a
}

/// Two of them, each of two steps; `last` is the second of the second.
#[saga]
pub(super) async fn two(case: String, last: String) -> Result<u64, Failed> {
    let (a, b) = scoop::try_join!(
        async {
            let one = work(&case, "a", 3).await?;
            let two = work(&case, "b", 4).await?;
            Ok(one + two)
        },
        async {
            let one = work(&case, "c", 1).await?;
            Ok::<_, Failed>(one + work(&case, &last, 5).await?)
        },
    )?;
    Ok(a + b)
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Trip {
    pub(super) name: String,
    pub(super) nights: u64,
}

/// What is changed after a block has begun it does not see.
#[saga]
pub(super) async fn captures(case: &str, trip: Trip, factor: u64) -> Result<(String, u64), Failed> {
    let mut nights = trip.nights;
    let label = &trip.name;
    let mut said = Vec::new();
    for turn in 0..2_u64 {
        let (name, all) = scoop::join!(
            async {
                work(case, label, 1).await?;
                Ok::<_, Failed>(format!("{label} {turn}"))
            },
            async move {
                let mut sum = 0;
                for night in 0..nights {
                    sum += work(case, "night", 1).await? * (night + factor);
                }
                Ok::<u64, Failed>(sum)
            }
        );
        nights += 1;
        said.push(format!("{} {}", name?, all?));
    }
    Ok((said.join(", "), nights))
}

#[saga]
pub(super) async fn impatient(case: String) -> Result<u64, Failed> {
    let (a, b, c) = scoop::try_join((
        work(&case, "fails", 2),
        async {
            work(&case, "nap", 0).await?;
            scoop::sleep(Duration::from_secs(9_000)).await;
            work(&case, "never", 0).await
        },
        async {
            work(&case, "long", 4).await?;
            work(&case, "never", 0).await
        },
    ))
    .cancel_others()
    .await?;
    Ok(a + b + c)
}

#[saga]
pub(super) async fn panicking(case: String) -> Result<u64, Failed> {
    let (a, b) = scoop::join!(
        async {
            let one = work(&case, "a", 1).await?;
            assert!(one > 1, "one is {one}");
            Ok::<_, Failed>(one)
        },
        work(&case, "b", 4)
    );
    Ok(a? + b?)
}

#[saga]
pub(super) async fn at_once(n: u64) -> (u64, String) {
    scoop::join!(async { n + 1 }, async move { format!("{n}") })
}

#[saga]
pub(super) async fn catching(case: String, last: String) -> Result<String, Failed> {
    let (a, b) = scoop::try_join!(
        async {
            let caught = work(&case, "fails first", 0).await;
            work(&case, "a", 2).await?;
            Ok::<_, Failed>(format!("{caught:?}"))
        },
        async { work(&case, &last, 5).await },
    )?;
    Ok(format!("{a} {b}"))
}

/// What cannot be undone, in a block.
#[saga]
pub(super) async fn sticky(case: String) -> Result<u64, Failed> {
    let (sum,) = scoop::join!(async {
        let one = work(&case, "a", 0).await?;
        let two = work(&case, "sticky", 0).await?;
        Ok::<_, Failed>(one + two)
    });
    let sum = sum?;
    work(&case, "fails", sum).await
}

/// A list that grows from row to row of a block.
#[saga]
pub(super) async fn looping(case: String, turns: u64) -> Result<Vec<String>, Failed> {
    let (all, nap) = scoop::join!(
        async {
            let mut all = Vec::new();
            for turn in 0..turns {
                all.push(format!("a text that is long enough for a patch {turn}"));
                work(&case, "turn", 1).await?;
            }
            Ok::<_, Failed>(all)
        },
        naps(case.clone()),
    );
    nap.and(all)
}

#[saga]
pub(super) async fn naps(case: String) -> Result<u64, Failed> {
    work(&case, "nap", 30).await
}
