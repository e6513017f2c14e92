//! `async` blocks that lose a race: they end where they wait, and what they did is undone before the race is
//! over, once.

use scoop::admin::Until;
use scoop::{FailureKind, Status};

use crate::journal;
use crate::lives::{Process, Watch};
use crate::support::{Place, on_every_store};

mod late;
mod pivot;
mod sagas;

use self::sagas::{
    beside, deep, fails_behind, fastest, loses_a_saga, nested, never_begun, slow, sticky,
};

on_every_store!(
    a_block_that_loses_is_undone_newest_first,
    what_lost_is_undone_once_and_what_won_with_the_run,
    a_race_of_blocks_goes_on_after_a_crash,
    a_step_under_way_is_awaited_and_undone,
    a_block_that_ended_too_late_is_undone,
    the_pauses_of_a_rollback_outlive_a_crash,
    a_run_leaves_memory_while_a_loser_waits_to_be_undone,
    who_is_cancelled_meanwhile_undoes_nothing_twice,
    sagas_in_a_block_that_loses_are_undone,
    several_in_a_block_that_loses_are_undone,
    a_stuck_loser_is_tried_again,
    a_stuck_loser_is_skipped_and_the_run_goes_on,
    a_stuck_loser_is_resolved_beside_others,
    a_race_in_a_block_that_loses,
    a_block_that_has_not_begun_leaves_nothing,
    an_error_wins_too,
    who_lost_is_no_cause_of_what_fails_later,
);

pub(super) fn case() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// The await of the step that is not undone at once.
const POINT: &str = "race:first/block (2 of 2)/hold (2 of 2)";

/// What was undone, in order.
pub(super) fn undone(case: &str) -> Vec<String> {
    let lines = journal::read(case).into_iter();
    let undone =
        lines.filter_map(|line| line.split_once(" undoes ").map(|(_, what)| what.to_owned()));
    undone.collect()
}

async fn a_block_that_loses_is_undone_newest_first(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let call = fastest(&case, 5, "last".to_owned());
    let handle = process.scoop.start(call).await.unwrap();
    assert_eq!(handle.wait().await.unwrap(), "fast");
    assert_eq!(watch.seconds(), 6);
    assert_eq!(undone(&case), ["b", "a"]);
    assert_eq!(journal::count(&case, "does never"), 0);
    let (row, rows) = process.scoop.admin().show(handle.id()).await.unwrap();
    assert!(row.failure.is_none());
    let parts: Vec<_> = rows.iter().filter(|row| row.seq.0 == 1).collect();
    let parts: Vec<_> = parts.iter().map(|row| &*row.part.0).collect();
    let wanted = [
        "", "0:1", "0:2", "0:3", "0=", "0~1", "0~2", "0~3", "1:1", "1:2", "1=",
    ];
    assert_eq!(parts, wanted);
}

async fn what_lost_is_undone_once_and_what_won_with_the_run(place: Place) {
    let case = case();
    let process = Process::start(&place).await;
    let call = fastest(&case, 5, "fails".to_owned());
    let handle = process.scoop.start(call).await.unwrap();
    let error = handle.wait().await.unwrap_err();
    assert_eq!(error.kind(), Some(FailureKind::Error));
    assert_eq!(undone(&case), ["b", "a", "fast"]);
    let parts = error.compensations().iter();
    let parts: Vec<_> = parts.map(|undone| &*undone.part.0).collect();
    assert_eq!(parts, ["0:2", "0:1", "1:2"], "{error:?}");
}

async fn a_race_of_blocks_goes_on_after_a_crash(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let call = fastest(&case, 50, "last".to_owned());
    let id = process.scoop.start(call).await.unwrap().id();
    watch.until(20).await;
    let process = process.restart(&watch, 30).await;
    let handle = process.scoop.handle(fastest, id);
    assert_eq!(handle.wait().await.unwrap(), "fast");
    assert!(watch.seconds().abs_diff(51) <= 2, "{}", watch.seconds());
    assert_eq!(undone(&case), ["b", "a"]);
    assert_eq!(journal::count(&case, "does a"), 1);
}

async fn a_step_under_way_is_awaited_and_undone(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let handle = process.scoop.start(slow(case.clone(), true)).await.unwrap();
    assert_eq!(handle.wait().await.unwrap(), "fast");
    assert_eq!(watch.seconds(), 9);
    assert_eq!(undone(&case), ["slow", "a"]);
    assert_eq!(journal::count(&case, "does never"), 0);
}

async fn a_block_that_ended_too_late_is_undone(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let handle = process.scoop.start(slow(case.clone(), false)).await;
    assert_eq!(handle.unwrap().wait().await.unwrap(), "fast");
    assert_eq!(watch.seconds(), 9);
    assert_eq!(undone(&case), ["slow", "a"]);
}

async fn the_pauses_of_a_rollback_outlive_a_crash(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let call = sticky(&case, "patient", 4);
    let id = process.scoop.start(call).await.unwrap().id();
    // Lost at 1; tried at 1, 2, 4, 8.
    watch.until(3).await;
    assert_eq!(undone(&case), ["b", "patient", "patient"]);
    let inspection = process.scoop.admin().inspect(id).await.unwrap();
    let [awaited] = &*inspection.awaits else {
        panic!("{inspection}");
    };
    assert_eq!(
        (&*awaited.part.0, &*awaited.point),
        ("1~2", POINT),
        "{inspection}"
    );
    assert!(matches!(&awaited.until, Until::Attempt(failed) if failed.attempt == 2));
    assert_eq!(inspection.locals[0].name, "case");
    let process = process.restart(&watch, 3).await;
    let handle = process.scoop.handle(sticky, id);
    assert_eq!(handle.wait().await.unwrap(), "fast");
    assert_eq!(watch.seconds(), 8);
    let wanted = ["b", "patient", "patient", "patient", "patient", "a"];
    assert_eq!(undone(&case), wanted);
}

async fn a_run_leaves_memory_while_a_loser_waits_to_be_undone(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let call = sticky(&case, "slowly", 2);
    let handle = process.scoop.start(call).await.unwrap();
    watch.until(600).await;
    let (row, _) = process.scoop.admin().show(handle.id()).await.unwrap();
    assert_eq!(
        (row.owner, row.status.to_string()),
        (None, "running".to_owned())
    );
    assert_eq!(handle.wait().await.unwrap(), "fast");
    assert!(watch.seconds().abs_diff(3_601) <= 2, "{}", watch.seconds());
    assert_eq!(undone(&case), ["b", "slowly", "slowly", "a"]);
}

async fn who_is_cancelled_meanwhile_undoes_nothing_twice(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let call = sticky(&case, "patient", 4);
    let handle = process.scoop.start(call).await.unwrap();
    watch.until(3).await;
    handle.cancel().await.unwrap();
    let error = handle.wait().await.unwrap_err();
    assert_eq!(error.kind(), Some(FailureKind::Cancelled));
    assert_eq!(watch.seconds(), 8);
    let wanted = ["b", "patient", "patient", "patient", "patient", "a", "fast"];
    assert_eq!(undone(&case), wanted);
    assert_eq!(handle.status().await.unwrap(), Status::RolledBack);
}

async fn sagas_in_a_block_that_loses_are_undone(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let call = loses_a_saga(case.clone());
    let handle = process.scoop.start(call).await.unwrap();
    assert_eq!(handle.wait().await.unwrap(), "fast");
    assert_eq!(watch.seconds(), 5);
    // The one that goes on is cancelled; the one that had ended is undone.
    assert_eq!(undone(&case), ["second", "first", "a"]);
}

async fn several_in_a_block_that_loses_are_undone(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let handle = process.scoop.start(deep(case.clone())).await.unwrap();
    assert_eq!(handle.wait().await.unwrap(), "fast");
    assert_eq!(watch.seconds(), 5);
    assert_eq!(undone(&case), ["late", "later", "early", "a"]);
}

async fn a_stuck_loser_is_tried_again(place: Place) {
    let case = case();
    let process = Process::start(&place).await;
    let call = sticky(&case, "twice stuck", 1);
    let handle = process.scoop.start(call).await.unwrap();
    let stuck = handle.wait().await.unwrap_err();
    assert_eq!(handle.status().await.unwrap(), Status::Stuck);
    let report = format!("{stuck:?}");
    for said in [
        "`durable::losers::sagas::sticky` is stuck while an `async` block in it is undone that lost\n",
        "error: cancelled: another one was faster\n",
        "the saga has not failed, and goes on then\n",
    ] {
        assert!(report.contains(said), "{report}");
    }
    let compensations: Vec<_> = stuck.compensations().iter().collect();
    assert_eq!(compensations.len(), 2, "{report}");
    assert!(handle.cancel().await.is_err());
    let watch = Watch::start();
    let process = process.restart(&watch, 1).await;
    let handle = process.scoop.handle(sticky, handle.id());
    assert_eq!(handle.status().await.unwrap(), Status::Stuck);
    process.scoop.admin().retry(handle.id()).await.unwrap();
    assert_eq!(handle.wait().await.unwrap(), "fast");
    assert_eq!(undone(&case), ["b", "twice stuck", "twice stuck", "a"]);
    let (row, _) = process.scoop.admin().show(handle.id()).await.unwrap();
    assert!(row.failure.is_none());
}

async fn a_stuck_loser_is_skipped_and_the_run_goes_on(place: Place) {
    let case = case();
    let process = Process::start(&place).await;
    let call = sticky(&case, "always stuck", 1);
    let handle = process.scoop.start(call).await.unwrap();
    handle.wait().await.unwrap_err();
    let admin = process.scoop.admin().by("ann");
    let told = admin.inspect(handle.id()).await.unwrap().to_string();
    for said in [
        "\n  waits for an operator: `retry`, `skip` or `resolve` it\n  stuck: what lost at 1[1]: `durable",
        "::stick` (row 1.1:2) NOT undone by `durable::losers::sagas::unstick`, which failed: the undo",
        "\n  case = \"",
    ] {
        assert!(told.contains(said), "{told}");
    }
    // What else the loser did, and what won: the run has not failed.
    assert!(
        told.contains("\nwould be undone, in this order\n"),
        "{told}"
    );
    admin.retry(handle.id()).await.unwrap();
    handle.wait().await.unwrap_err();
    assert_eq!(handle.status().await.unwrap(), Status::Stuck);
    admin.skip(handle.id(), "it is gone").await.unwrap();
    assert_eq!(handle.wait().await.unwrap(), "fast");
    assert_eq!(undone(&case), ["b", "always stuck", "always stuck", "a"]);
    let (_, rows) = admin.show(handle.id()).await.unwrap();
    let decided = rows.iter().filter(|row| {
        let operation = row.operation.as_deref().unwrap_or_default();
        ["scoop::retry", "scoop::skip"].contains(&operation)
    });
    let parts: Vec<_> = decided.map(|row| &*row.part.0).collect();
    assert_eq!(parts, ["1~4", "1~7"]);
    // Nothing of it is left for an operator who undoes the run.
    admin.roll_back(handle.id(), "all of it").await.unwrap();
    handle.wait().await.unwrap_err();
    let wanted = ["b", "always stuck", "always stuck", "a", "last", "fast"];
    assert_eq!(undone(&case), wanted);
}

async fn a_stuck_loser_is_resolved_beside_others(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let mut process = Process::start(&place).await;
    let id = process
        .scoop
        .start(beside(case.clone()))
        .await
        .unwrap()
        .id();
    for seconds in [5, 8] {
        watch.until(seconds).await;
        let inspection = process.scoop.admin().inspect(id).await.unwrap();
        let stuck = inspection
            .awaits
            .iter()
            .find(|awaited| awaited.part.0 == "0:1.1~1");
        assert!(
            stuck.is_some_and(|stuck| matches!(stuck.until, Until::Operator)),
            "{inspection}"
        );
        // It is not tried again.
        process = process.restart(&watch, seconds + 1).await;
        watch.until(seconds + 2).await;
        assert_eq!(undone(&case), ["always stuck"]);
    }
    let handle = process.scoop.handle(beside, id);
    handle.wait().await.unwrap_err();
    // What stands beside the race has come to an end, after the last restart.
    assert_eq!(watch.seconds(), 39);
    let admin = process.scoop.admin();
    admin.resolve(handle.id(), "by hand").await.unwrap();
    assert_eq!(handle.wait().await.unwrap(), "fast and long");
    assert_eq!(journal::count(&case, "does long"), 3);
    assert_eq!(undone(&case), ["always stuck"]);
}

async fn a_race_in_a_block_that_loses(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let handle = process.scoop.start(nested(case.clone())).await.unwrap();
    assert_eq!(handle.wait().await.unwrap(), "fast");
    assert_eq!(watch.seconds(), 9);
    assert_eq!(undone(&case), ["inner loser", "inner winner"]);
}

async fn a_block_that_has_not_begun_leaves_nothing(place: Place) {
    let case = case();
    let process = Process::start(&place).await;
    let handle = process.scoop.start(never_begun(case.clone())).await;
    assert_eq!(handle.unwrap().wait().await.unwrap(), "at once");
    assert!(undone(&case).len() <= 1, "{:?}", journal::read(&case));
}

async fn an_error_wins_too(place: Place) {
    let case = case();
    let process = Process::start(&place).await;
    let call = sticky(&case, "fails", 1);
    let handle = process.scoop.start(call).await.unwrap();
    let error = handle.wait().await.unwrap_err();
    assert_eq!(error.error().unwrap().to_string(), "fails failed");
    assert_eq!(undone(&case), ["fast"]);
}

async fn who_lost_is_no_cause_of_what_fails_later(place: Place) {
    let case = case();
    let process = Process::start(&place).await;
    let handle = process.scoop.start(fails_behind(case.clone())).await;
    let error = handle.unwrap().wait().await.unwrap_err();
    let report = format!("{error:?}");
    assert!(report.contains("fast fast failed"), "{report}");
    assert!(!report.contains("faster"), "{report}");
    assert!(!report.contains("after"), "{report}");
}
