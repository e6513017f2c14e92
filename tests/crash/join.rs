//! Several operations at once: a crash before and after every commit. Those that were under way happen
//! again, under their keys; nothing else does.

use std::collections::BTreeMap;
use std::fmt::Debug;

use scoop::Status::{self, Completed, RolledBack, Stuck};
use scoop_runtime::operation::{Saga, SagaCall};

use crate::end::End;
use crate::joins::{both, mapped, mixed, nested, paid_beside, raced, spawning, timed, tried};
use crate::support::{Place, on_every_store};
use crate::sweep::{Crash, Told, commits, crashed, in_peace};

on_every_store!(
    two_at_once,
    one_of_two_fails,
    what_follows_two_fails,
    all_kinds_at_once,
    all_kinds_are_undone,
    an_operation_for_each_item,
    an_item_that_fails,
    several_of_several,
    several_of_several_are_undone,
    a_pivot_beside_a_failure,
    the_first_of_two,
    the_first_of_two_is_undone,
    in_time,
    late,
    a_saga_that_is_spawned,
);

/// What happened, how often, whatever the order; without the names of runs.
fn counted(all: &[String]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for line in all {
        let line = line
            .strip_prefix(char::is_alphabetic)
            .map_or(&**line, str::trim);
        *counts.entry(line.to_owned()).or_default() += 1;
    }
    counts
}

/// Compensations may come in the order in which the operations ended.
fn sorted(end: &End) -> (Status, String) {
    let mut parts: Vec<&str> = end.result.split(['"', '[', ']']).collect();
    parts.sort_unstable();
    (end.status.clone(), parts.concat())
}

pub(crate) async fn anywhere<S>(
    place: Place,
    call: impl Fn(String) -> SagaCall<S>,
    status: Status,
    result: &str,
    happened: &[&str],
) where
    S: Saga<Ok: Debug, Error: Debug>,
{
    let (end, all) = in_peace(&place.fresh(), &call).await;
    assert_eq!((&end.status, &*end.result), (&status, result));
    let wanted = counted(&all);
    assert_eq!(wanted.keys().collect::<Vec<_>>(), happened);
    let commits = commits(&place.fresh(), &call).await;
    for number in 1..=commits {
        for crash in [Crash::Before(number), Crash::After(number)] {
            let told = crashed(&place.fresh(), &call, crash).await;
            let Told {
                end: other,
                all,
                died,
                ..
            } = told;
            // Several commits may share a batch, before which it ends.
            assert!(
                died || matches!(crash, Crash::Before(number) if number > 2),
                "{crash:?}"
            );
            assert_eq!(sorted(&other), sorted(&end), "{crash:?} {all:#?}");
            let counts = counted(&all);
            assert!(counts.keys().eq(wanted.keys()), "{crash:?} {all:#?}");
            for (line, count) in counts {
                let most = wanted[&line] * 2;
                assert!(count <= most, "{crash:?}: {line} happened {count} times");
            }
        }
    }
}

fn texts(items: &[&str]) -> Vec<String> {
    items.iter().map(ToString::to_string).collect()
}

async fn two_at_once(place: Place) {
    let call = |case| both(case, "a".to_owned(), "b".to_owned());
    let happened = ["1 +hotel", "2.0 +a", "2.1 +b", "3 +taxi"];
    anywhere(place, call, Completed, "51", &happened).await;
}

async fn one_of_two_fails(place: Place) {
    let call = |case| both(case, "a".to_owned(), "full".to_owned());
    let happened = [
        "1 +hotel",
        "1:undo -hotel",
        "2.0 +a",
        "2.0:undo -a",
        "2.1 +full",
    ];
    let result = r#"Error Some(Full("full")) ["cancel of 2: Undone { attempt: 1 }", "cancel of 1: Undone { attempt: 1 }"]"#;
    anywhere(place, call, RolledBack, result, &happened).await;
}

async fn what_follows_two_fails(place: Place) {
    let call = |case| both(case, "slow".to_owned(), "b".to_owned());
    let happened = ["1 +hotel", "2.0 +slow", "2.1 +b", "3 +taxi"];
    anywhere(place, call, Completed, "54", &happened).await;
}

async fn all_kinds_at_once(place: Place) {
    let happened = [
        "1.0 flaky 1",
        "1.0 flaky 2",
        "1.0 flaky 3",
        "1.0 flaky 4",
        "1.1 +room",
        "1.4 +explode",
        "1 +x",
        "2 +taxi",
        "2 +y",
    ];
    let call = |case| mixed(case, "taxi".to_owned());
    let result = r#""4 ticket of room 2 Err(Some(Panic))""#;
    let mut happened = happened;
    happened.sort_unstable();
    anywhere(place, call, Completed, result, &happened).await;
}

async fn all_kinds_are_undone(place: Place) {
    let mut happened = [
        "1.0 flaky 1",
        "1.0 flaky 2",
        "1.0 flaky 3",
        "1.0 flaky 4",
        "1.1 +room",
        "1.1:undo -room",
        "1.4 +explode",
        "1.4:undo -explode Unknown",
        "1 +x",
        "1:undo -x",
        "2 +full",
        "2 +y",
        "2:undo -y",
    ];
    happened.sort_unstable();
    let call = |case| mixed(case, "full".to_owned());
    let result = r#"Error Some(Full("full")) ["leg of 1: Undone { attempt: 1 }", "forget of 1: Undone { attempt: 1 }", "cancel of 1: Undone { attempt: 1 }"]"#;
    anywhere(place, call, RolledBack, result, &happened).await;
}

async fn an_operation_for_each_item(place: Place) {
    let call = |case| mapped(case, texts(&["a", "b", "c", "d", "e"]));
    let mut happened = texts(&["2 +full taxi"]);
    for (number, item) in ["a", "b", "c", "d", "e"].iter().enumerate() {
        happened.push(format!("1.{number} +{item}"));
        happened.push(format!("1.{number}:undo -{item}"));
    }
    happened.sort_unstable();
    let happened: Vec<&str> = happened.iter().map(String::as_str).collect();
    let undone = [r#""cancel of 1: Undone { attempt: 1 }""#; 5].join(", ");
    let result = format!(r#"Error Some(Full("full taxi")) [{undone}]"#);
    anywhere(place, call, RolledBack, &result, &happened).await;
}

async fn an_item_that_fails(place: Place) {
    let call = |case| tried(case, texts(&["a", "full", "b", "c", "d"]));
    // Of those after it, one had begun.
    let (end, all) = in_peace(&place.fresh(), call).await;
    assert_eq!(end.status, RolledBack);
    assert!(all.len() <= 5, "{all:?}");
    for number in 1..=commits(&place.fresh(), call).await {
        for crash in [Crash::Before(number), Crash::After(number)] {
            let told = crashed(&place.fresh(), call, crash).await;
            assert_eq!(told.end.status, RolledBack);
            assert!(told.end.result.starts_with(r#"Error Some(Full("full"))"#));
            let counts = counted(&told.all);
            for item in ["a", "b", "c", "d"] {
                let there = |sign| {
                    counts
                        .keys()
                        .any(|line| line.ends_with(&format!("{sign}{item}")))
                };
                assert_eq!(there("+"), there("-"), "{crash:?} {:#?}", told.all);
            }
        }
    }
}

async fn several_of_several(place: Place) {
    let happened = ["1.0.0 +a", "1.0.1 +b", "1.1.0 +p", "1.1.1 +q", "1.1.2 +r"];
    anywhere(
        place,
        |case| nested(case, false),
        Completed,
        "25",
        &happened,
    )
    .await;
}

async fn several_of_several_are_undone(place: Place) {
    let happened = [
        "1.0.0 +a",
        "1.0.0:undo -a",
        "1.0.1 +b",
        "1.0.1:undo -b",
        "1.1.0 +p",
        "1.1.0:undo -p",
        "1.1.1 +q",
        "1.1.1:undo -q",
        "1.1.2 +r",
        "1.1.2:undo -r",
        "2 +full",
    ];
    let undone = [r#""cancel of 1: Undone { attempt: 1 }""#; 5].join(", ");
    let result = format!(r#"Error Some(Full("full")) [{undone}]"#);
    anywhere(
        place,
        |case| nested(case, true),
        RolledBack,
        &result,
        &happened,
    )
    .await;
}

async fn a_pivot_beside_a_failure(place: Place) {
    let happened = ["1.0 pay 3", "1.1 +full"];
    let result = r#"Error Some(Full("full")) []"#;
    anywhere(place, paid_beside, Stuck, result, &happened).await;
}

async fn the_first_of_two(place: Place) {
    let mut happened = ["1 +one", "1 +two", "1:undo -one", "2 +last", "3 +two again"];
    happened.sort_unstable();
    anywhere(
        place,
        |case| raced(case, "last".to_owned()),
        Completed,
        "4",
        &happened,
    )
    .await;
}

async fn the_first_of_two_is_undone(place: Place) {
    let mut happened = [
        "1 +one",
        "1 +two",
        "1:undo -one",
        "1:undo -two",
        "2 +full",
        "3 +two again",
        "3:undo -two again",
    ];
    happened.sort_unstable();
    let result = r#"Error Some(Full("full")) ["stroll of 1: Undone { attempt: 1 }"]"#;
    anywhere(
        place,
        |case| raced(case, "full".to_owned()),
        RolledBack,
        result,
        &happened,
    )
    .await;
}

async fn in_time(place: Place) {
    let happened = ["1 +one", "2 +last", "3 +one again"];
    anywhere(
        place,
        |case| timed(case, 3),
        Completed,
        r#""rested 3""#,
        &happened,
    )
    .await;
}

async fn late(place: Place) {
    let happened = ["1 +one", "1:undo -one", "2 +last"];
    let result = r#""it took longer than it was given""#;
    anywhere(place, |case| timed(case, 90), Completed, result, &happened).await;
}

/// What was spawned goes on.
async fn a_saga_that_is_spawned(place: Place) {
    for number in 1..=commits(&place.fresh(), spawning).await {
        for crash in [Crash::Before(number), Crash::After(number)] {
            let told = crashed(&place.fresh(), spawning, crash).await;
            assert_eq!(told.end.status, RolledBack);
            assert_eq!(told.end.result, r#"Error Some(Full("full")) []"#);
            let spawned = told.all.iter().filter(|line| line.ends_with("1 +x"));
            assert!(spawned.count() <= 2, "{:?}", told.all);
            assert!(!told.all.iter().any(|line| line.ends_with("-x")));
        }
    }
}
