//! `async` blocks that lose past their pivot, and runs that fail past theirs after a race.

use scoop::Status;

use super::sagas::{signed, signed_and_failed, signed_and_more, signs_behind};
use super::{case, undone};
use crate::journal;
use crate::lives::{Process, Watch};
use crate::support::{Place, on_every_store};

on_every_store!(
    a_block_past_its_pivot_loses_and_goes_on,
    what_a_loser_past_its_pivot_limits_itself_ends,
    a_loser_that_fails_past_its_pivot_waits_for_an_operator,
    a_run_stuck_past_its_pivot_says_so_though_a_loser_was_undone,
);

async fn a_block_past_its_pivot_loses_and_goes_on(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let handle = process.scoop.start(signed(case.clone())).await.unwrap();
    assert_eq!(handle.wait().await.unwrap(), "fast");
    // It rests for 8 seconds after the pivot, and takes another step.
    assert_eq!(watch.seconds(), 11);
    assert!(undone(&case).is_empty());
    assert_eq!(journal::count(&case, "does after"), 1);
}

async fn what_a_loser_past_its_pivot_limits_itself_ends(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let handle = process.scoop.start(signed_and_more(case.clone())).await;
    assert_eq!(handle.unwrap().wait().await.unwrap(), "fast");
    assert_eq!(watch.seconds(), 6);
    assert_eq!(undone(&case), ["late", "inner loser"]);
}

async fn a_loser_that_fails_past_its_pivot_waits_for_an_operator(place: Place) {
    let case = case();
    let process = Process::start(&place).await;
    let handle = process.scoop.start(signed_and_failed(case.clone())).await;
    let handle = handle.unwrap();
    let stuck = handle.wait().await.unwrap_err();
    assert_eq!(handle.status().await.unwrap(), Status::Stuck);
    let report = format!("{stuck:?}");
    for said in [
        "is stuck: an `async` block in it that lost failed past its pivot\n",
        "error: fails failed\n",
        "has to be finished by hand\n",
        "with `scoop.admin()`: the saga has not failed, and goes on then",
    ] {
        assert!(report.contains(said), "{report}");
    }
    let admin = process.scoop.admin();
    let refused = admin.skip(handle.id(), "no").await.unwrap_err();
    assert!(refused.to_string().contains("past its pivot"), "{refused}");
    assert!(admin.retry(handle.id()).await.is_err());
    admin.resolve(handle.id(), "a is put back").await.unwrap();
    assert_eq!(handle.wait().await.unwrap(), "fast");
    assert!(undone(&case).is_empty());
    assert_eq!(journal::count(&case, "does last"), 1);
}

async fn a_run_stuck_past_its_pivot_says_so_though_a_loser_was_undone(place: Place) {
    let case = case();
    let process = Process::start(&place).await;
    let handle = process.scoop.start(signs_behind(case.clone())).await;
    let handle = handle.unwrap();
    let stuck = handle.wait().await.unwrap_err();
    let report = format!("{stuck:?}");
    for said in [
        "failed past its pivot and is stuck\n",
        "`durable::losers::sagas::work` (row 1.0:1) undone by",
        "nothing else was undone: what it left has to be finished by hand\n",
        "then `resolve` run",
    ] {
        assert!(report.contains(said), "{report}");
    }
    assert!(!report.contains("`skip`"), "{report}");
    process
        .scoop
        .admin()
        .resolve(handle.id(), "by hand")
        .await
        .unwrap();
    handle.wait().await.unwrap_err();
    assert_eq!(undone(&case), ["loser"]);
}
