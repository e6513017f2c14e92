//! `async` blocks beside other operations: what they capture and give back, how they end, and what they
//! leave behind.

use scoop::{FailureKind, Status};

use crate::journal;
use crate::lives::{Process, Watch};
use crate::support::{Place, on_every_store};

mod sagas;

use self::sagas::{
    Failed, Trip, at_once, captures, catching, impatient, looping, panicking, signed, sticky, two,
};

on_every_store!(
    blocks_run_at_once,
    a_block_goes_on_where_it_stood,
    what_a_block_captures_is_as_it_was,
    the_error_of_a_block_is_its_steps_error,
    a_block_that_panics_is_undone_with_those_beside_it,
    a_step_that_panics_ends_its_block,
    others_are_cancelled_inside_of_blocks,
    a_cancelled_run_undoes_what_its_blocks_did,
    a_block_that_awaits_nothing,
    a_caught_failure_inside_of_a_block,
    failures_inside_of_blocks_are_told_after_a_restart,
    a_block_that_is_past_its_pivot_goes_on,
    an_operator_skips_what_is_stuck_in_a_block,
    a_long_loop_in_a_block_goes_on,
    a_closing_worker_leaves_blocks_where_they_stand,
);

fn case() -> String {
    uuid::Uuid::new_v4().to_string()
}

async fn blocks_run_at_once(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let handle = process.scoop.start(two(case.clone(), "d".to_owned()));
    let handle = handle.await.unwrap();
    assert_eq!(handle.wait().await.unwrap(), 13);
    assert_eq!(watch.seconds(), 7);
}

async fn a_block_goes_on_where_it_stood(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let start = process.scoop.start(two(case.clone(), "d".to_owned()));
    let id = start.await.unwrap().id();
    watch.until(4).await;
    let process = process.restart(&watch, 4).await;
    let handle = process.scoop.handle(two, id);
    assert_eq!(handle.wait().await.unwrap(), 13);
    for (name, count) in [("a", 1), ("b", 2), ("c", 1), ("d", 2)] {
        assert_eq!(
            journal::count(&case, &format!("begins {name}")),
            count,
            "{name}"
        );
    }
}

async fn what_a_block_captures_is_as_it_was(place: Place) {
    let case = case();
    let trip = Trip {
        name: "Rome".to_owned(),
        nights: 2,
    };
    let (watch, mut process) = (Watch::start(), Process::start(&place).await);
    for seconds in [0, 1, 2, 3, 4] {
        let call = captures(&case, trip.clone(), 10);
        let id = process.scoop.start(call).await.unwrap().id();
        process = process.restart(&watch, watch.seconds() + seconds).await;
        let handle = process.scoop.handle(captures, id);
        let said = "Rome 0 21, Rome 1 33".to_owned();
        assert_eq!(handle.wait().await.unwrap(), (said, 4));
    }
}

async fn the_error_of_a_block_is_its_steps_error(place: Place) {
    let case = case();
    let process = Process::start(&place).await;
    let call = two(case.clone(), "fails".to_owned());
    let error = process
        .scoop
        .start(call)
        .await
        .unwrap()
        .wait()
        .await
        .unwrap_err();
    assert_eq!(error.error(), Some(&Failed("fails".to_owned())));
    assert_eq!(error.preceded_by().len(), 0, "{error:?}");
    let hop = &error.hops()[0];
    assert_eq!(hop.point.as_deref(), Some("try_join/block (2 of 2)/work"));
    let undone: Vec<_> = journal::read(&case)
        .into_iter()
        .filter_map(|line| Some(line.split_once("undoes ")?.1.to_owned()))
        .collect();
    assert_eq!(undone, ["b Done(4)", "a Done(3)", "c Done(1)"]);
}

async fn a_block_that_panics_is_undone_with_those_beside_it(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let handle = process.scoop.start(panicking(case.clone())).await.unwrap();
    let error = handle.wait().await.unwrap_err();
    assert_eq!(watch.seconds(), 4, "the other one is awaited");
    assert_eq!(error.kind(), Some(FailureKind::Panic));
    let told = format!("{error:?}");
    assert!(told.contains("one is 1"), "{told}");
    assert_eq!(error.preceded_by().len(), 0, "{error:?}");
    assert_eq!(journal::count(&case, "undoes a Done(1)"), 1);
    assert_eq!(journal::count(&case, "undoes b Done(4)"), 1);
}

async fn a_step_that_panics_ends_its_block(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let call = two(case.clone(), "panics".to_owned());
    let error = process
        .scoop
        .start(call)
        .await
        .unwrap()
        .wait()
        .await
        .unwrap_err();
    assert_eq!(watch.seconds(), 7);
    assert_eq!(error.kind(), Some(FailureKind::Panic));
    assert_eq!(error.preceded_by().len(), 0, "{error:?}");
    assert_eq!(journal::count(&case, "undoes panics Unknown"), 1);
    for undone in ["a Done(3)", "b Done(4)", "c Done(1)"] {
        assert_eq!(journal::count(&case, &format!("undoes {undone}")), 1);
    }
}

async fn others_are_cancelled_inside_of_blocks(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let handle = process.scoop.start(impatient(case.clone())).await.unwrap();
    let error = handle.wait().await.unwrap_err();
    assert_eq!(error.error(), Some(&Failed("fails".to_owned())));
    assert_eq!(watch.seconds(), 4, "a step is awaited, a sleep is not");
    assert_eq!(journal::count(&case, "begins never"), 0);
    assert_eq!(journal::count(&case, "undoes nap Done(0)"), 1);
    assert_eq!(journal::count(&case, "undoes long Done(4)"), 1);
}

async fn a_cancelled_run_undoes_what_its_blocks_did(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let start = process.scoop.start(two(case.clone(), "d".to_owned()));
    let handle = start.await.unwrap();
    watch.until(2).await;
    handle.cancel().await.unwrap();
    let error = handle.wait().await.unwrap_err();
    assert_eq!(error.kind(), Some(FailureKind::Cancelled));
    assert_eq!(watch.seconds(), 6);
    assert_eq!(journal::count(&case, "begins b"), 0);
    for undone in ["a Done(3)", "c Done(1)", "d Done(5)"] {
        assert_eq!(
            journal::count(&case, &format!("undoes {undone}")),
            1,
            "{undone}"
        );
    }
}

async fn a_block_that_awaits_nothing(place: Place) {
    let process = Process::start(&place).await;
    let handle = process.scoop.start(at_once(3)).await.unwrap();
    assert_eq!(handle.wait().await.unwrap(), (4, "3".to_owned()));
}

async fn a_caught_failure_inside_of_a_block(place: Place) {
    let process = Process::start(&place).await;
    let good = case();
    let handle = process.scoop.start(catching(good, "b".to_owned())).await;
    let said = handle.unwrap().wait().await.unwrap();
    assert_eq!(said, r#"Err(Failed("fails first")) 5"#);
    let bad = case();
    let call = catching(bad.clone(), "fails last".to_owned());
    let error = process
        .scoop
        .start(call)
        .await
        .unwrap()
        .wait()
        .await
        .unwrap_err();
    assert_eq!(error.error(), Some(&Failed("fails last".to_owned())));
    let before = error.preceded_by();
    assert_eq!(before.len(), 1, "{error:?}");
    assert_eq!(before[0].error.message, "fails first failed");
    assert_eq!(journal::count(&bad, "undoes a Done(2)"), 1);
}

/// After a restart, in a block that goes on, and in one that had ended.
async fn failures_inside_of_blocks_are_told_after_a_restart(place: Place) {
    for seconds in [1, 3] {
        let (case, watch) = (case(), Watch::start());
        let process = Process::start(&place).await;
        let call = catching(case.clone(), "fails last".to_owned());
        let id = process.scoop.start(call).await.unwrap().id();
        watch.until(seconds).await;
        let process = process.restart(&watch, seconds).await;
        let error = process.scoop.handle(catching, id).wait().await.unwrap_err();
        assert_eq!(error.error(), Some(&Failed("fails last".to_owned())));
        let before = error.preceded_by();
        assert_eq!(before.len(), 1, "{error:?}");
        assert_eq!(before[0].error.message, "fails first failed");
        process.scoop.shutdown().await;
    }
}

async fn a_closing_worker_leaves_blocks_where_they_stand(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let start = process.scoop.start(two(case.clone(), "d".to_owned()));
    let id = start.await.unwrap().id();
    watch.until(2).await;
    process.scoop.shutdown().await;
    drop(process);
    let process = Process::start(&place).await;
    assert_eq!(process.scoop.handle(two, id).wait().await.unwrap(), 13);
    for name in ["a", "b", "c", "d"] {
        assert_eq!(
            journal::count(&case, &format!("begins {name}")),
            1,
            "{name}"
        );
    }
}

async fn a_block_that_is_past_its_pivot_goes_on(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let handle = process.scoop.start(signed(case.clone())).await.unwrap();
    watch.until(2).await;
    handle.cancel().await.unwrap();
    assert_eq!(handle.wait().await.unwrap(), 5);
    assert_eq!(watch.seconds(), 5);
}

async fn an_operator_skips_what_is_stuck_in_a_block(place: Place) {
    let case = case();
    let process = Process::start(&place).await;
    let call = sticky(case.clone());
    let handle = process.scoop.start(call).await.unwrap();
    let stuck = handle.wait().await.unwrap_err();
    assert_eq!(handle.status().await.unwrap(), Status::Stuck);
    let part = |error: &scoop::SagaError<Failed>| {
        let last = error.compensations().last().unwrap();
        (last.seq.0, last.part.0.clone())
    };
    assert_eq!(part(&stuck), (1, "0:2".to_owned()));
    process
        .scoop
        .admin()
        .skip(handle.id(), "why not")
        .await
        .unwrap();
    let error = handle.wait().await.unwrap_err();
    assert_eq!(handle.status().await.unwrap(), Status::RolledBack);
    assert_eq!(part(&error), (1, "0:1".to_owned()));
    assert_eq!(journal::count(&case, "undoes a Done(0)"), 1);
    let (_, rows) = process.scoop.admin().show(handle.id()).await.unwrap();
    let first = rows.iter().filter(|row| row.seq.0 == 1);
    let parts: Vec<_> = first.map(|row| &*row.part.0).collect();
    assert_eq!(parts, ["", "0:1", "0:2", "0="]);
    let point = |part: &str| {
        rows.iter()
            .find(|row| row.part.0 == part)
            .map(|row| &*row.point)
    };
    assert_eq!(point("0:2"), Some("join/block/work:two"));
}

async fn a_long_loop_in_a_block_goes_on(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let mut process = Process::start(&place).await;
    let id = process
        .scoop
        .start(looping(case.clone(), 45))
        .await
        .unwrap()
        .id();
    for seconds in [12, 34, 40] {
        watch.until(seconds).await;
        process = process.restart(&watch, seconds).await;
    }
    let all = process.scoop.handle(looping, id).wait().await.unwrap();
    let text = |turn| format!("a text that is long enough for a patch {turn}");
    assert_eq!(all, (0..45).map(text).collect::<Vec<_>>());
    assert_eq!(journal::count(&case, "begins turn"), 48);
    let (_, rows) = process.scoop.admin().show(id).await.unwrap();
    let patched =
        |row: &&scoop::admin::CheckpointRow| format!("{:?}", row.frame).contains("patch\":");
    assert!(rows.iter().filter(patched).count() > 20);
}
