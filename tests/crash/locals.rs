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
    a_field_is_replaced_in_one_arm,
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

#[saga]
async fn promoted(case: String, grand: bool) -> Result<u32, Full> {
    let mut guest = Guest {
        name: "Ada".to_owned(),
        nights: 2,
    };
    let mut nights = guest.nights;
    for _ in 0..2 {
        nights += 1;
        if grand {
            guest.name = titled(&case, guest.name).await?;
            body(&case, &guest.name);
        } else {
            body(&case, &sign(guest.clone()));
        }
    }
    Ok(nights)
}

/// The branch keeps the whole guest, whom the other arm needs, while the await needs the name only,
/// which is away: the whole has to be saved before that. It was not, and a run that was resumed here
/// was parked: "the local `guest` was not saved by the build that ran it".
#[saga]
async fn promoted_once(case: String, grand: bool) -> Result<u32, Full> {
    let mut guest = Guest {
        name: "Ada".to_owned(),
        nights: 2,
    };
    if grand {
        guest.name = titled(&case, guest.name).await?;
        body(&case, &guest.name);
    } else {
        body(&case, &sign(guest));
    }
    Ok(2)
}

fn sign(guest: Guest) -> String {
    format!("{} for {}", guest.name, guest.nights)
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
        result: "4",
        happened: &["1 Ada", "body Dr Ada", "2 Dr Ada", "body Dr Dr Ada"],
    };
    everywhere(place, |case| promoted(case, true), wanted).await;
}

async fn a_field_is_replaced_in_one_arm(place: Place) {
    let wanted = Wanted {
        status: Completed,
        result: "2",
        happened: &["1 Ada", "body Dr Ada"],
    };
    everywhere(place, |case| promoted_once(case, true), wanted).await;
}

async fn a_field_is_replaced_in_a_branch_of_a_loop(place: Place) {
    let wanted = Wanted {
        status: Completed,
        result: r#"(Guest { name: "Dr Ada", nights: 15 }, 0)"#,
        happened: &["1 Eve", "2 Ada", "3 Eve"],
    };
    everywhere(place, promoted_at_times, wanted).await;
}
