//! Sagas that run to their end.

use scoop::Status::Completed;

use crate::sagas::{branching, looped, retried, sleepy, straight};
use crate::support::{Place, on_every_store};
use crate::sweep::{Wanted, everywhere};

on_every_store!(
    a_straight_line,
    a_loop,
    branches,
    other_branches,
    attempts,
    sleeps
);

async fn a_straight_line(place: Place) {
    let wanted = Wanted {
        status: Completed,
        result: r#"["ticket of flight", "ticket of hotel"]"#,
        happened: &[
            "body begins",
            "1 +flight",
            "body has a flight",
            "2 +hotel",
            "body has a hotel",
            "3 pay 700",
            "body has paid",
        ],
    };
    everywhere(place, straight, wanted).await;
}

async fn a_loop(place: Place) {
    let wanted = Wanted {
        status: Completed,
        result: r#"["ticket of hotel 1", "ticket of hotel 3", "ticket of hotel 4"]"#,
        happened: &[
            "body night 1, 0 so far",
            "1 +hotel 1",
            "body night 2, 1 so far",
            "body night 3, 1 so far",
            "2 +hotel 3",
            "body night 4, 2 so far",
            "3 +hotel 4",
            "body through",
        ],
    };
    everywhere(place, |case| looped(case, 4), wanted).await;
}

async fn branches(place: Place) {
    let wanted = Wanted {
        status: Completed,
        result: r#""ticket of first; ticket of soup, as full menu is full""#,
        happened: &[
            "body first class",
            "1 +first",
            "2 +full menu",
            "body no menu",
            "3 +soup",
            "4 +bag 1",
            "5 +bag 0",
        ],
    };
    everywhere(place, |case| branching(case, true), wanted).await;
}

async fn other_branches(place: Place) {
    let wanted = Wanted {
        status: Completed,
        result: r#""ticket of second; ticket of soup, as full menu is full""#,
        happened: &[
            "1 +second",
            "2 +full menu",
            "body no menu",
            "3 +soup",
            "4 +bag 2",
            "5 +bag 1",
            "6 +bag 0",
        ],
    };
    everywhere(place, |case| branching(case, false), wanted).await;
}

async fn attempts(place: Place) {
    let wanted = Wanted {
        status: Completed,
        result: "4",
        happened: &[
            "body calls",
            "1 flaky 1",
            "1 flaky 2",
            "1 flaky 3",
            "1 flaky 4",
            "body hangs up",
            "2 +room",
        ],
    };
    everywhere(place, retried, wanted).await;
}

async fn sleeps(place: Place) {
    let wanted = Wanted {
        status: Completed,
        result: "()",
        happened: &["1 +bed", "body goes to bed", "body gets up", "3 +breakfast"],
    };
    everywhere(place, sleepy, wanted).await;
}
