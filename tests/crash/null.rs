//! Values that are nothing: `()`, `None`, an error without fields. All of them are `null` in the
//! store, and are there all the same.

use scoop::Status::RolledBack;
use scoop::{Outcome, saga, step};
use serde::{Deserialize, Serialize};

use crate::journal::effect;
use crate::support::{Place, on_every_store};
use crate::sweep::{Wanted, everywhere};

on_every_store!(nothing_is_a_value);

#[derive(Debug, thiserror::Error, Serialize, Deserialize)]
#[error("nothing doing")]
struct Nothing;

#[step(rollback = unlock)]
async fn lock(case: &str) -> Result<(), Nothing> {
    effect(case, "lock");
    Ok(())
}

async fn unlock(case: &str, (): ()) -> Result<(), Nothing> {
    effect(case, "unlock");
    Ok(())
}

#[step(rollback = forget)]
async fn ask(case: &str) -> Result<Option<u32>, Nothing> {
    effect(case, "ask");
    Ok(None)
}

async fn forget(case: &str, answer: Outcome<Option<u32>>) -> Result<(), Nothing> {
    effect(case, &format!("forget {answer:?}"));
    Ok(())
}

#[saga]
async fn pointless(case: String) -> Result<(), Nothing> {
    lock(&case).await?;
    match ask(&case).await? {
        Some(_) => Ok(()),
        None => Err(Nothing),
    }
}

async fn nothing_is_a_value(place: Place) {
    let wanted = Wanted {
        status: RolledBack,
        result: r#"Error Some(Nothing) ["forget of 2: Undone { attempt: 1 }", "unlock of 1: Undone { attempt: 1 }"]"#,
        happened: &[
            "1 lock",
            "2 ask",
            "2:undo forget Done(None)",
            "1:undo unlock",
        ],
    };
    everywhere(place, pointless, wanted).await;
}
