//! The example `workers`: its processes are killed, paused and restarted, or replaced in order, and its
//! books balance.

#![cfg(all(unix, feature = "postgres"))]
#![allow(clippy::unwrap_used)]

#[path = "support/example.rs"]
mod example;

use std::process::Command;

/// What it says in the end.
async fn workers(arguments: &[&str]) -> String {
    let url = scoop_runtime::testing::fresh_database(scoop_testserver::url()).await;
    let program = example::built("workers");
    let mut command = Command::new(program);
    command.args(arguments).env("DATABASE_URL", url);
    let ended = tokio::task::spawn_blocking(move || command.output());
    let ended = ended.await.unwrap().unwrap();
    let said = String::from_utf8_lossy(&ended.stdout).into_owned();
    let trouble = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success(), "{said}{trouble}");
    assert!(said.ends_with("the books balance\n"), "{said}");
    said
}

/// The number before these words.
fn before<T: std::str::FromStr>(said: &str, words: &str) -> Option<T> {
    let (before, _) = said.rsplit_once(words)?;
    before.split_whitespace().last()?.parse().ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn three_workers_are_killed_paused_and_restarted_by_chance() {
    let said = workers(&["--orders", "60", "--seconds", "8", "--seed", "7"]).await;
    assert_eq!(before(&said, " orders in"), Some(60), "{said}");
    assert!(before(&said, " killed") > Some(0), "{said}");
    assert!(before(&said, " paused") > Some(0), "{said}");
    // A line a second, because nobody looks at a terminal.
    assert!(said.starts_with("1 s: "), "{said}");
}

/// With a lease of an hour: who waited for it would not end in time. Steps that are under way are waited
/// for, the longest take two seconds; what else is under way another worker takes at its next look,
/// within one.
#[tokio::test(flavor = "multi_thread")]
async fn three_workers_are_replaced_in_order_and_no_order_waits_for_a_lease() {
    let said = workers(&["--deploy", "--orders", "120", "--seconds", "8"]).await;
    assert_eq!(before(&said, " orders in"), Some(120), "{said}");
    assert_eq!(before(&said, " replaced"), Some(3), "{said}");
    assert_eq!(before(&said, " declared dead"), Some(0), "{said}");
    assert!(before(&said, " s\nworkers:") < Some(30.0), "{said}");
}
