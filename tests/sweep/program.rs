//! What a process can be told to run: a saga with its arguments.

use std::fmt::Debug;

use scoop::Scoop;
use scoop_runtime::operation::{Saga, SagaCall};

use crate::end::{End, end_of};
use crate::trips::Trip;
use crate::{blocks, children, joins, sagas, trips};

/// Starts the run, or finds it, and waits for its end.
pub(crate) async fn run(program: &str, scoop: &Scoop) -> End {
    let case = program.to_owned();
    let trip = |city: &str, card: &str| Trip {
        id: program.to_owned(),
        city: city.to_owned(),
        nights: 3,
        card: card.to_owned(),
        airline: "flaky".to_owned(),
    };
    let places = |places: &[&str]| places.iter().map(ToString::to_string).collect();
    match program {
        "quickstart" => ended(scoop, trips::quickstart(trip("Rome", "ok"))).await,
        "quickstart_undone" => ended(scoop, trips::quickstart(trip("Atlantis", "ok"))).await,
        "trip" => ended(scoop, trips::book_trip(trip("Rome", "ok"))).await,
        "trip_undone" => ended(scoop, trips::book_trip(trip("Atlantis", "ok"))).await,
        "trip_declined" => ended(scoop, trips::book_trip(trip("Rome", "declined"))).await,
        "branching" => ended(scoop, sagas::branching(case, true)).await,
        "sleepy" => ended(scoop, sagas::sleepy(case)).await,
        "retried" => ended(scoop, sagas::retried(case)).await,
        "hard_to_undo" => {
            let places = places(&["a", "slow", "b", "full"]);
            ended(scoop, sagas::failing(case, places)).await
        }
        "panicking" => ended(scoop, sagas::panicking(case)).await,
        "heavy" => ended(scoop, sagas::heavy(case, 12)).await,
        "journey" => ended(scoop, children::journey(case)).await,
        "legs_undone" => {
            let (first, second) = (places(&["x", "y"]), places(&["z", "full"]));
            ended(scoop, children::legs(case, first, second)).await
        }
        // Six runs, one below the other.
        "depth_undone" => ended(scoop, children::down(case, 5, 5)).await,
        "both_undone" => ended(scoop, joins::both(case, "a".to_owned(), "full".to_owned())).await,

        "blocks_race" => ended(scoop, blocks::raced_blocks(case, "bus", "last")).await,
        "blocks_race_undone" => ended(scoop, blocks::raced_blocks(case, "bus", "full")).await,
        "in_doubt" => ended(scoop, sagas::in_doubt(case)).await,
        _ => panic!("there is no program `{program}`"),
    }
}

async fn ended<S: Saga<Ok: Debug, Error: Debug>>(scoop: &Scoop, call: SagaCall<S>) -> End {
    end_of(&scoop.start(call).id("one").await.unwrap()).await
}
