//! Sagas whose blocks race.

use std::time::Duration;

use scoop::{saga, step};
use serde::{Deserialize, Serialize};

use crate::journal::{count, effect};

#[derive(Clone, Debug, PartialEq, thiserror::Error, Serialize, Deserialize)]
#[error("{0} failed")]
pub(super) struct Failed(String);

#[step(rollback = unwork)]
pub(super) async fn work(case: &str, name: &str, seconds: u64) -> Result<String, Failed> {
    effect(case, &format!("does {name}"));
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    match name {
        "fails" => Err(Failed(name.to_owned())),
        _ => Ok(name.to_owned()),
    }
}

async fn unwork(case: &str, name: &str, _: u64, _: String) -> Result<(), Failed> {
    effect(case, &format!("undoes {name}"));
    Ok(())
}

/// Is undone when that was tried so often.
#[step(rollback = unhold, undo(retry(max = 4, backoff = "1s..1h")))]
async fn hold(case: &str, name: &str, times: usize) -> Result<String, Failed> {
    effect(case, &format!("does {name}"));
    assert_ne!(times, 0);
    match name {
        "fails" => Err(Failed(name.to_owned())),
        _ => Ok(name.to_owned()),
    }
}

async fn unhold(case: &str, name: &str, times: usize, _: String) -> Result<(), Failed> {
    effect(case, &format!("undoes {name}"));
    match count(case, &format!("undoes {name}")) < times {
        true => Err(Failed("the undo".to_owned())),
        false => Ok(()),
    }
}

/// The same, with an hour between two attempts.
#[step(rollback = unhold, undo(retry(max = 4, backoff = "1h..1h")))]
async fn hold_slowly(case: &str, name: &str, times: usize) -> Result<String, Failed> {
    effect(case, &format!("does {name}"));
    assert_ne!(times, 0);
    Ok(name.to_owned())
}

/// Cannot be undone at the first attempt, or never.
#[step(rollback = unstick, undo(retry(max = 1)))]
async fn stick(case: &str, name: &str) -> Result<String, Failed> {
    effect(case, &format!("does {name}"));
    Ok(name.to_owned())
}

async fn unstick(case: &str, name: &str, _: String) -> Result<(), Failed> {
    effect(case, &format!("undoes {name}"));
    match name == "always stuck" || count(case, &format!("undoes {name}")) < 2 {
        true => Err(Failed("the undo".to_owned())),
        false => Ok(()),
    }
}

#[step(pivot)]
pub(super) async fn sign(case: &str) -> Result<(), Failed> {
    effect(case, "signs");
    Ok(())
}

pub(super) const fn seconds(number: u64) -> Duration {
    Duration::from_secs(number)
}

/// One waits for ever, the other for so long.
#[saga]
pub(super) async fn fastest(case: &str, wait: u64, last: String) -> Result<String, Failed> {
    let first = scoop::race!(
        async {
            let a = work(case, "a", 0).await?;
            let b = work(case, "b", 0).await?;
            scoop::sleep(seconds(9_000)).await;
            work(case, "never", 0).await?;
            Ok::<_, Failed>(format!("{a}{b}"))
        },
        async {
            scoop::sleep(seconds(wait)).await;
            work(case, "fast", 0).await
        },
    )?;
    work(case, &last, 1).await?;
    Ok(first)
}

/// The loser is in a step when it loses, its last one or not.
#[saga]
pub(super) async fn slow(case: String, more: bool) -> Result<String, Failed> {
    scoop::race!(
        async {
            work(&case, "a", 0).await?;
            let mut done = work(&case, "slow", 9).await?;
            if more {
                done = work(&case, "never", 0).await?;
            }
            Ok::<_, Failed>(done)
        },
        async { work(&case, "fast", 3).await },
    )
}

/// The loser is not undone as easily as that.
#[saga]
pub(super) async fn sticky(case: &str, name: &str, times: usize) -> Result<String, Failed> {
    let first = scoop::race!(async { work(case, "fast", 1).await }, async {
        if name == "fails" {
            return hold(case, name, times).await;
        }
        work(case, "a", 0).await?;
        match name {
            "slowly" => hold_slowly(case, name, times).await?,
            "patient" => hold(case, name, times).await?,
            _ => stick(case, name).await?,
        };
        work(case, "b", 0).await?;
        scoop::sleep(seconds(9_000)).await;
        Ok(String::new())
    },)?;
    work(case, "last", 0).await?;
    Ok(first)
}

#[saga]
pub(super) async fn signed(case: String) -> Result<String, Failed> {
    scoop::race!(
        async {
            sign(&case).await?;
            scoop::sleep(seconds(11)).await;
            work(&case, "after", 0).await
        },
        async { work(&case, "fast", 3).await },
    )
}

#[saga]
async fn child(case: String, name: String, wait: u64) -> Result<String, Failed> {
    let done = work(&case, &name, 0).await?;
    scoop::sleep(seconds(wait)).await;
    Ok(done)
}

#[saga]
pub(super) async fn loses_a_saga(case: String) -> Result<String, Failed> {
    scoop::race!(
        async {
            work(&case, "a", 0).await?;
            child(case.clone(), "first".to_owned(), 1).await?;
            child(case.clone(), "second".to_owned(), 9_000).await
        },
        async { work(&case, "fast", 5).await },
    )
}

#[saga]
pub(super) async fn deep(case: String) -> Result<String, Failed> {
    scoop::race!(
        async {
            work(&case, "a", 0).await?;
            let (early, late) = scoop::try_join!(work(&case, "early", 1), async {
                work(&case, "later", 2).await?;
                work(&case, "late", 1).await
            })?;
            scoop::sleep(seconds(9_000)).await;
            Ok(early + &late)
        },
        async { work(&case, "fast", 5).await },
    )
}

/// A race that gets stuck, beside a long step.
#[saga]
pub(super) async fn beside(case: String) -> Result<String, Failed> {
    let (fast, long) = scoop::try_join!(
        async {
            scoop::race!(async { work(&case, "fast", 3).await }, async {
                let done = stick(&case, "always stuck").await?;
                scoop::sleep(seconds(9_000)).await;
                Ok(done)
            },)
        },
        work(&case, "long", 30),
    )?;
    Ok(format!("{fast} and {long}"))
}

/// A race in a block that loses: that one is over, and what won it is undone, too.
#[saga]
pub(super) async fn nested(case: String) -> Result<String, Failed> {
    scoop::race!(
        async {
            scoop::race!(async { work(&case, "inner winner", 1).await }, async {
                work(&case, "inner loser", 0).await?;
                scoop::sleep(seconds(9_000)).await;
                Ok(String::new())
            },)?;
            scoop::sleep(seconds(9_000)).await;
            Ok(String::new())
        },
        async { work(&case, "fast", 9).await },
    )
}

/// The first is over before the other begins.
#[saga]
pub(super) async fn never_begun(case: String) -> Result<String, Failed> {
    scoop::race!(async { Ok("at once".to_owned()) }, async {
        work(&case, "late", 0).await
    },)
}

/// Past its pivot the block that loses goes on as if it had not: what it races and limits itself ends.
#[saga]
pub(super) async fn signed_and_more(case: String) -> Result<String, Failed> {
    scoop::race!(
        async {
            sign(&case).await?;
            let limit = seconds(5);
            drop(scoop::timeout(limit, child(case.clone(), "late".to_owned(), 9_000)).await);
            scoop::race!(async { work(&case, "inner", 1).await }, async {
                work(&case, "inner loser", 0).await?;
                scoop::sleep(seconds(9_000)).await;
                Ok(String::new())
            },)
        },
        async { work(&case, "fast", 3).await },
    )
}

/// It loses and fails past its pivot.
#[saga]
pub(super) async fn signed_and_failed(case: String) -> Result<String, Failed> {
    let first = scoop::race!(
        async {
            work(&case, "a", 0).await?;
            sign(&case).await?;
            scoop::sleep(seconds(5)).await;
            work(&case, "fails", 0).await
        },
        async { work(&case, "fast", 3).await },
    )?;
    work(&case, "last", 0).await?;
    Ok(first)
}

/// Fails by itself after a race.
#[saga]
pub(super) async fn fails_behind(case: String) -> Result<String, Failed> {
    let mut all = Vec::new();
    for turn in 0..2_u64 {
        all.push(scoop::race!(
            async { work(&case, "fast", turn).await },
            child(case.clone(), "child".to_owned(), 9_000),
            async {
                scoop::sleep(seconds(9_000)).await;
                Ok(String::new())
            },
        )?);
    }
    Err(Failed(all.join(" ")))
}

/// Fails past its pivot, after a race.
#[saga]
pub(super) async fn signs_behind(case: String) -> Result<String, Failed> {
    scoop::race!(
        async {
            work(&case, "loser", 0).await?;
            scoop::sleep(seconds(9_000)).await;
            Ok(String::new())
        },
        async { work(&case, "fast", 1).await },
    )?;
    sign(&case).await?;
    work(&case, "fails", 0).await
}
