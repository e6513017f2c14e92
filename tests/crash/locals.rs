//! Locals of which a part is away while a step runs.

use scoop::Status::Completed;
use scoop::{saga, step};
use serde::{Deserialize, Serialize};

use crate::journal::{body, effect};
use crate::sagas::Full;
use crate::support::{Place, on_every_store};
use crate::sweep::{Wanted, everywhere};

on_every_store!(
    a_field_is_replaced_in_a_loop,
    a_field_is_replaced_in_a_branch_of_a_loop
);

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Guest {
    name: String,
    nights: u32,
}

#[step(read_only)]
async fn titled(case: &str, name: String) -> Result<String, Full> {
    effect(case, &name);
    Ok(format!("Dr {name}"))
}

/// The loop keeps the whole guest for its next turn, and the await inside only what is left of it
/// while the name is away: the whole has to be saved before that. It was not, and a run that was
/// resumed here was parked: "the local `guest` was not saved by the build that ran it".
#[saga]
async fn promoted(case: String, turns: u32) -> Result<Guest, Full> {
    let mut guest = Guest {
        name: "Ada".to_owned(),
        nights: 0,
    };
    for _ in 0..turns {
        guest.nights += 1;
        guest.name = titled(&case, guest.name).await?;
        body(&case, &guest.name);
    }
    Ok(guest)
}

#[saga]
async fn promoted_at_times(case: String) -> Result<(Guest, u32), Full> {
    let mut guest = Guest {
        name: "Ada".to_owned(),
        nights: 3,
    };
    let mut left = guest.nights;
    while left > 0 {
        left -= 1;
        match left {
            1 => {
                guest.name = titled(&case, guest.name).await?;
            }
            _ => guest.nights += titled(&case, "Eve".to_owned()).await?.len() as u32,
        }
    }
    Ok((guest, left))
}

async fn a_field_is_replaced_in_a_loop(place: Place) {
    let wanted = Wanted {
        status: Completed,
        result: r#"Guest { name: "Dr Dr Ada", nights: 2 }"#,
        happened: &["1 Ada", "body Dr Ada", "2 Dr Ada", "body Dr Dr Ada"],
    };
    everywhere(place, |case| promoted(case, 2), wanted).await;
}

async fn a_field_is_replaced_in_a_branch_of_a_loop(place: Place) {
    let wanted = Wanted {
        status: Completed,
        result: r#"(Guest { name: "Dr Ada", nights: 15 }, 0)"#,
        happened: &["1 Eve", "2 Ada", "3 Eve"],
    };
    everywhere(place, promoted_at_times, wanted).await;
}
