//! `async` blocks beside other operations: a crash before and after every commit. Each goes on where it
//! stood, and all that was done in it is undone.

use scoop::Status::{Completed, RolledBack, Stuck};

use crate::blocks::{blocks, borrowing, deep, halves, paid_inside, raced_blocks};
use crate::join::anywhere;
use crate::support::{Place, on_every_store};

on_every_store!(
    blocks_at_once,
    what_follows_blocks_fails,
    a_step_in_a_block_fails,
    blocks_in_blocks,
    blocks_in_blocks_are_undone,
    blocks_that_borrow_from_what_is_around_them,
    a_pivot_in_a_block,
    blocks_in_functions,
    blocks_in_functions_are_undone,
    blocks_that_race_are_undone,
);

const DONE: [&str; 7] = [
    "1 +hotel",
    "2.0:1 +car",
    "2.0:2 +policy",
    "2.1:1 +room 0",
    "2.1:2 +room 1",
    "2.1:3 +room 2",
    "2.2 +plane",
];

fn undone(done: &[&str], more: &[&str]) -> Vec<String> {
    let undo = |line: &&str| line.replacen(" +", ":undo -", 1);
    let mut all: Vec<String> = done.iter().map(undo).collect();
    all.extend(done.iter().chain(more).map(ToString::to_string));
    all.sort_unstable();
    all
}

fn texts(lines: &[String]) -> Vec<&str> {
    lines.iter().map(String::as_str).collect()
}

/// The steps of a block one after the other, at most one of them twice; then all back, newest first.
fn each_where_it_stood(all: &[String], block: &str) {
    let lines = all.iter().filter_map(|line| line.strip_prefix(block));
    let (back, mut forth): (Vec<_>, Vec<_>) = lines.partition(|line| line.contains(":undo"));
    let begun = forth.len();
    assert_ne!(begun, 0, "{all:#?}");
    forth.dedup();
    assert!(forth.is_sorted() && begun <= forth.len() + 1, "{all:#?}");
    let mut undone = back.clone();
    undone.dedup();
    assert!(undone.is_sorted_by(|a, b| a > b), "{all:#?}");
    assert!(back.len() <= undone.len() + 1, "{all:#?}");
}

async fn blocks_at_once(place: Place) {
    let call = |case| blocks(case, "policy".to_owned(), "taxi");
    let happened = [&DONE[..], &["3 +taxi"]].concat();
    let result = r#""ticket of car, ticket of policy, ticket of hotel, 3, ticket of plane""#;
    for all in anywhere(place, call, Completed, result, &happened).await {
        each_where_it_stood(&all, "2.0:");
        each_where_it_stood(&all, "2.1:");
    }
}

async fn what_follows_blocks_fails(place: Place) {
    let call = |case| blocks(case, "policy".to_owned(), "full taxi");
    let all = undone(&DONE, &["3 +full taxi"]);
    let every = [r#""cancel of 2: Undone { attempt: 1 }""#; 6].join(", ");
    let result = format!(
        r#"Error Some(Full("full taxi")) [{every}, "cancel of 1: Undone {{ attempt: 1 }}"]"#
    );
    for all in anywhere(place, call, RolledBack, &result, &texts(&all)).await {
        each_where_it_stood(&all, "2.0:");
        each_where_it_stood(&all, "2.1:");
    }
}

async fn a_step_in_a_block_fails(place: Place) {
    let call = |case| blocks(case, "full".to_owned(), "taxi");
    let done: Vec<&str> = DONE
        .into_iter()
        .filter(|line| !line.ends_with("policy"))
        .collect();
    let all = undone(&done, &["2.0:2 +full"]);
    let every = [r#""cancel of 2: Undone { attempt: 1 }""#; 5].join(", ");
    let result =
        format!(r#"Error Some(Full("full")) [{every}, "cancel of 1: Undone {{ attempt: 1 }}"]"#);
    for all in anywhere(place, call, RolledBack, &result, &texts(&all)).await {
        each_where_it_stood(&all, "2.0:");
        each_where_it_stood(&all, "2.1:");
    }
}

const DEEP: [&str; 6] = [
    "1.0:1 +first",
    "1.0:2.0:1 +inner",
    "1.0:2.0:2 +inner's twin",
    "1.0:2.0:3 +beside",
    "1.0:2.1 +two",
    "1 +x",
];

async fn blocks_in_blocks(place: Place) {
    let mut happened = [&DEEP[..], &["2 +taxi"]].concat();
    happened.sort_unstable();
    anywhere(
        place,
        |case: String| deep(&case, "taxi"),
        Completed,
        "66",
        &happened,
    )
    .await;
}

async fn blocks_in_blocks_are_undone(place: Place) {
    let all = undone(&DEEP, &["2 +full"]);
    let every = [r#""cancel of 1: Undone { attempt: 1 }""#; 5].join(", ");
    let result =
        format!(r#"Error Some(Full("full")) ["leg of 1: Undone {{ attempt: 1 }}", {every}]"#);
    anywhere(
        place,
        |case: String| deep(&case, "full"),
        RolledBack,
        &result,
        &texts(&all),
    )
    .await;
}

async fn blocks_that_borrow_from_what_is_around_them(place: Place) {
    let names = ["a", "b"].map(str::to_owned).to_vec();
    let happened = [
        "1.0:1 +a 0",
        "1.0:2.0:1 +a and 1",
        "1.1 +a",
        "2.0:1 +b 1",
        "2.0:2.0:1 +a and 2",
        "2.1 +b",
        "3 +taxi",
    ];
    let call = |case: String| borrowing(&case, names.clone(), "taxi");
    anywhere(place, call, Completed, "82", &happened).await;
}

async fn a_pivot_in_a_block(place: Place) {
    let happened = ["1.0:1 pay 3", "1.0:2 +full", "1.1 +b"];
    let result = r#"Error Some(Full("full")) []"#;
    anywhere(place, paid_inside, Stuck, result, &happened).await;
}

const HALVES: [&str; 12] = [
    "1 +half 0",
    "2.0:1 +half 0 inside",
    "2.1 +half 0 beside",
    "3 +half 1",
    "4.0:1 +half 1 inside",
    "4.1 +half 1 beside",
    "5.0:1 +deep",
    "5.0:2.0:1 +deep inside",
    "5.0:2.1 +deep beside",
    "5.1:1.0 +p",
    "5.1:1.1 +q",
    "5.1:1.2 +r",
];

async fn blocks_in_functions(place: Place) {
    let mut happened = [&HALVES[..], &["6 +taxi"]].concat();
    happened.sort_unstable();
    let call = |case: String| halves(&case, "taxi");
    anywhere(place, call, Completed, "183", &happened).await;
}

async fn blocks_in_functions_are_undone(place: Place) {
    let all = undone(&HALVES, &["6 +full"]);
    let of =
        |seq: u32, count| vec![format!(r#""cancel of {seq}: Undone {{ attempt: 1 }}""#); count];
    let every = [of(5, 6), of(4, 2), of(3, 1), of(2, 2), of(1, 1)]
        .concat()
        .join(", ");
    let result = format!(r#"Error Some(Full("full")) [{every}]"#);
    let call = |case: String| halves(&case, "full");
    anywhere(place, call, RolledBack, &result, &texts(&all)).await;
}

const LOST: [&str; 5] = [
    "1.0:1 +car",
    "1.0:3.0 +slow",
    "1.0:3.1:1 +inside",
    "1 +lazy",
    "1 +x",
];

/// What lost is undone as often as it is tried, and once where that was enough.
fn each_loser_once(all: &[String]) {
    for what in ["1.0:1:undo -car", "1.0:3.1:1:undo -inside"] {
        let times = all.iter().filter(|line| line.ends_with(what)).count();
        assert!((1..=2).contains(&times), "{what}: {all:#?}");
    }
    let place = |what: &str| all.iter().rposition(|line| line.ends_with(what));
    assert!(
        place("1.0:3.0:undo -slow") < place("1.0:1:undo -car"),
        "{all:#?}"
    );
}

/// What lost is undone while the run goes on, and what won after all.
async fn blocks_that_race_are_undone(place: Place) {
    let mut all = undone(&LOST, &["1.1:2 +two", "1.1:2:undo -two", "2 +full"]);
    all.sort_unstable();
    let cancel = r#""cancel of 1: Undone { attempt: 1 }""#;
    let slow = r#""cancel of 1: Undone { attempt: 3 }", "leg of 1: Undone { attempt: 1 }""#;
    let result = format!(r#"Error Some(Full("full")) [{cancel}, {slow}, {cancel}, {cancel}]"#);
    let call = |case: String| raced_blocks(case, "slow", "full");
    for all in anywhere(place, call, RolledBack, &result, &texts(&all)).await {
        each_loser_once(&all);
    }
}
