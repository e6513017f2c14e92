//! Sagas that fail, and are undone or stuck.

use scoop::Status::{RolledBack, Stuck};

use crate::sagas::{by_taxi, failing, in_doubt, panicking, past_pivot, refused};
use crate::support::{Place, on_every_store};
use crate::sweep::{Crash, Wanted, after_every_commit, crashed, everywhere};

on_every_store!(
    a_rollback,
    a_rollback_that_needs_attempts,
    a_rollback_that_is_stuck,
    a_panic_of_the_body,
    a_step_in_doubt,
    a_step_in_doubt_that_is_asked_again,
    a_failure_past_the_pivot,
    an_error_after_doubt_is_undone_by_who_knows_of_doubt
);

fn places(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

async fn a_rollback(place: Place) {
    let wanted = Wanted {
        status: RolledBack,
        result: r#"Error Some(Full("full")) ["cancel of 2: Undone { attempt: 1 }", "cancel of 1: Undone { attempt: 1 }"]"#,
        happened: &[
            "body a",
            "1 +a",
            "body b",
            "2 +b",
            "body full",
            "3 +full",
            "2:undo -b",
            "1:undo -a",
        ],
    };
    let call = |case| failing(case, places(&["a", "b", "full"]));
    everywhere(place, call, wanted).await;
}

async fn a_rollback_that_needs_attempts(place: Place) {
    let wanted = Wanted {
        status: RolledBack,
        result: r#"Error Some(Full("full")) ["cancel of 2: Undone { attempt: 3 }", "cancel of 1: Undone { attempt: 1 }"]"#,
        happened: &[
            "body a",
            "1 +a",
            "body slow",
            "2 +slow",
            "body full",
            "3 +full",
            "2:undo -slow",
            "2:undo -slow",
            "2:undo -slow",
            "1:undo -a",
        ],
    };
    let call = |case| failing(case, places(&["a", "slow", "full"]));
    everywhere(place, call, wanted).await;
}

async fn a_rollback_that_is_stuck(place: Place) {
    let wanted = Wanted {
        status: Stuck,
        result: r#"Error Some(Full("full")) ["cancel of 3: Undone { attempt: 1 }", "cancel of 2: failed 10 times: the desk is full"]"#,
        happened: &[
            "body a",
            "1 +a",
            "body sticky",
            "2 +sticky",
            "body b",
            "3 +b",
            "body full",
            "4 +full",
            "3:undo -b",
            "2:undo -sticky",
            "2:undo -sticky",
            "2:undo -sticky",
            "2:undo -sticky",
            "2:undo -sticky",
            "2:undo -sticky",
            "2:undo -sticky",
            "2:undo -sticky",
            "2:undo -sticky",
            "2:undo -sticky",
        ],
    };
    let call = |case| failing(case, places(&["a", "sticky", "b", "full"]));
    everywhere(place, call, wanted).await;
}

async fn a_panic_of_the_body(place: Place) {
    let wanted = Wanted {
        status: RolledBack,
        result: r#"Panic None ["cancel of 2: Undone { attempt: 1 }", "cancel of 1: Undone { attempt: 1 }"]"#,
        happened: &["1 +a", "2 +b", "body falls over", "2:undo -b", "1:undo -a"],
    };
    everywhere(place, panicking, wanted).await;
}

async fn a_step_in_doubt(place: Place) {
    let wanted = Wanted {
        status: RolledBack,
        result: r#"Panic None ["forget of 2: Undone { attempt: 1 }", "cancel of 1: Undone { attempt: 1 }"]"#,
        happened: &[
            "1 +a",
            "body lights it",
            "2 +explode",
            "2:undo -explode Unknown",
            "1:undo -a",
        ],
    };
    everywhere(place, in_doubt, wanted).await;
}

/// Asked again, the taxi answers: a crash before its panic is stored ends well. So only crashes
/// after a commit leave everything as it was.
async fn a_step_in_doubt_that_is_asked_again(place: Place) {
    let wanted = Wanted {
        status: RolledBack,
        result: r#"Panic None ["dismiss of 2: Undone { attempt: 1 }", "cancel of 1: Undone { attempt: 1 }"]"#,
        happened: &["1 +a", "2 +taxi", "2 +taxi", "2:undo -taxi 7", "1:undo -a"],
    };
    after_every_commit(place, by_taxi, wanted).await;
}

async fn a_failure_past_the_pivot(place: Place) {
    let wanted = Wanted {
        status: Stuck,
        result: r#"Error Some(Full("full")) []"#,
        happened: &["1 +a", "2 pay 100", "body has paid", "3 +full"],
    };
    everywhere(place, past_pivot, wanted).await;
}

/// The process died after the effect: nobody knows what that came to, and the error of the next
/// attempt does not settle it. A rollback that knows of doubt is told; the others are not called.
async fn an_error_after_doubt_is_undone_by_who_knows_of_doubt(place: Place) {
    let calm = ["1 +a", "2 refuse"];
    let undone = ["1:undo -a"];
    for (number, wanted) in [
        // Before the commit with the error: it is asked again.
        (
            Crash::Before(3),
            [&calm[..], &["2 refuse", "2:undo -refuse Unknown"], &undone].concat(),
        ),
        // After it the error is known.
        (Crash::After(3), [&calm[..], &undone].concat()),
        // After the intent and before the effect: it may have happened for all that is known.
        (
            Crash::After(2),
            [&calm[..], &["2:undo -refuse Unknown"], &undone].concat(),
        ),
    ] {
        let told = crashed(&place.fresh(), refused, number).await;
        assert_eq!(told.all, wanted, "{number:?}");
        assert_eq!(told.end.status, RolledBack);
    }
}
