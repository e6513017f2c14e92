//! Races of `async` blocks: with each other, with sagas, and with the clock.

use std::time::Duration;

use scoop::{Outcome, saga, step};
use serde::{Deserialize, Serialize};

use crate::journal::{self, effect};
use crate::lives::{Process, Watch};
use crate::support::{Place, on_every_store};

on_every_store!(
    the_first_block_to_end_counts,
    an_error_that_is_first_counts,
    a_block_that_awaits_nothing_wins,
    a_block_races_a_saga,
    a_block_races_the_clock,
    blocks_race_on_after_a_crash,
    blocks_race_beside_others_and_inside_of_blocks,
    what_ends_a_caught_race_is_a_value,
    what_the_winner_did_is_undone_with_the_saga,
);

#[derive(Clone, Debug, PartialEq, thiserror::Error, Serialize, Deserialize)]
#[error("{0} failed")]
struct Failed(String);

/// There is nothing to be undone of it.
#[step(read_only)]
async fn ask(case: &str, shop: &str, seconds: u64) -> Result<String, Failed> {
    effect(case, &format!("asks {shop}"));
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    match shop.starts_with("fails") {
        true => Err(Failed(shop.to_owned())),
        false => Ok(shop.to_uppercase()),
    }
}

#[step(rollback = cancel)]
async fn order(case: &str, shop: &str) -> Result<(), Failed> {
    effect(case, &format!("orders {shop}"));
    match shop.starts_with("fails") {
        true => Err(Failed(shop.to_owned())),
        false => Ok(()),
    }
}

async fn cancel(case: &str, shop: &str, _: Outcome<()>) -> Result<(), Failed> {
    effect(case, &format!("cancels {shop}"));
    Ok(())
}

/// Rests between two questions.
#[saga]
async fn two(case: String, one: (String, u64), other: (String, u64)) -> Result<String, Failed> {
    scoop::race!(
        async {
            let first = ask(&case, &one.0, 1).await?;
            scoop::sleep(Duration::from_secs(one.1)).await;
            Ok(first + &ask(&case, "again one", 1).await?)
        },
        async {
            let first = ask(&case, &other.0, 1).await?;
            scoop::sleep(Duration::from_secs(other.1)).await;
            Ok::<_, Failed>(first + &ask(&case, "again other", 1).await?)
        },
    )
}

#[saga]
async fn at_once(case: String) -> u32 {
    scoop::race!(
        async {
            scoop::sleep(Duration::from_secs(9_000)).await;
            case.len() as u32
        },
        async { 7 },
    )
}

#[saga]
async fn rests(case: String, seconds: u64) -> Result<String, Failed> {
    scoop::sleep(Duration::from_secs(seconds)).await;
    ask(&case, "saga", 0).await
}

#[saga]
async fn with_a_saga(case: String, saga: u64, block: u64) -> Result<String, Failed> {
    scoop::race!(rests(case.clone(), saga), async {
        scoop::sleep(Duration::from_secs(block)).await;
        ask(&case, "block", 0).await
    })
}

#[saga]
async fn in_time(case: String, rest: u64, limit: u64) -> Result<Option<String>, Failed> {
    scoop::race!(
        async {
            scoop::sleep(Duration::from_secs(rest)).await;
            Ok(Some(ask(&case, "shop", 1).await?))
        },
        async {
            scoop::sleep(Duration::from_secs(limit)).await;
            Ok(None)
        },
    )
}

#[saga]
async fn nested(case: String) -> Result<String, Failed> {
    let (first, (), second) = scoop::join!(
        scoop::race((async { ask(&case, "a", 3).await }, async {
            ask(&case, "b", 2).await
        })),
        async { scoop::sleep(Duration::from_secs(1)).await },
        async {
            let first = scoop::race!(async { ask(&case, "c", 1).await }, rests(case.clone(), 900))?;
            Ok::<_, Failed>(first + &ask(&case, "d", 1).await?)
        },
    );
    Ok(first? + &second?)
}

#[saga]
async fn catching(case: String) -> String {
    let first = scoop::caught(scoop::race((
        async { ask(&case, "fails", 1).await },
        async {
            scoop::sleep(Duration::from_secs(9)).await;
            panic!("it is too late for that");
        },
    )))
    .await;
    match first {
        Ok(shop) => shop,
        Err(error) => error.error().map(ToString::to_string).unwrap_or_default(),
    }
}

#[saga]
async fn fails_later(case: String) -> Result<(), Failed> {
    scoop::race!(
        async {
            order(&case, "a").await?;
            order(&case, "b").await
        },
        async {
            scoop::sleep(Duration::from_secs(60)).await;
            order(&case, "c").await
        },
    )?;
    order(&case, "d").await?;
    order(&case, "fails").await
}

fn case() -> String {
    uuid::Uuid::new_v4().to_string()
}

fn shop(name: &str, rest: u64) -> (String, u64) {
    (name.to_owned(), rest)
}

async fn the_first_block_to_end_counts(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let call = two(case.clone(), shop("one", 9_000), shop("other", 5));
    let handle = process.scoop.start(call).await.unwrap();
    assert_eq!(handle.wait().await.unwrap(), "OTHERAGAIN OTHER");
    assert_eq!(watch.seconds(), 7);
    assert_eq!(journal::count(&case, "asks one"), 1);
    assert_eq!(journal::count(&case, "asks again one"), 0);
}

async fn an_error_that_is_first_counts(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let call = two(case.clone(), shop("one", 5), shop("fails", 5));
    let error = process.scoop.start(call).await.unwrap().wait().await;
    let error = error.unwrap_err();
    assert_eq!(error.error(), Some(&Failed("fails".to_owned())));
    let hop = &error.hops()[0];
    assert_eq!(hop.point.as_deref(), Some("race/block (2 of 2)/ask:first"));
    assert_eq!(watch.seconds(), 1, "who waits does not go on");
    assert_eq!(journal::count(&case, "asks again one"), 0);
}

async fn a_block_that_awaits_nothing_wins(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let handle = process.scoop.start(at_once(case)).await.unwrap();
    assert_eq!(handle.wait().await.unwrap(), 7);
    assert_eq!(watch.seconds(), 0);
}

async fn a_block_races_a_saga(place: Place) {
    let watch = Watch::start();
    let process = Process::start(&place).await;
    for (saga, block, first) in [(9_000, 3, "BLOCK"), (4, 9_000, "SAGA")] {
        let case = case();
        let call = with_a_saga(case.clone(), saga, block);
        let handle = process.scoop.start(call).await.unwrap();
        assert_eq!(handle.wait().await.unwrap(), first);
        let asked = journal::read(&case);
        let asked: Vec<_> = asked.iter().filter(|line| line.contains("asks")).collect();
        assert_eq!(asked.len(), 1, "{asked:?}");
    }
    assert_eq!(watch.seconds(), 7);
}

async fn a_block_races_the_clock(place: Place) {
    let watch = Watch::start();
    let process = Process::start(&place).await;
    let case = case();
    let call = in_time(case.clone(), 9_000, 20);
    let handle = process.scoop.start(call).await.unwrap();
    assert_eq!(handle.wait().await.unwrap(), None);
    assert_eq!(watch.seconds(), 20);
    assert_eq!(journal::count(&case, "asks shop"), 0);
    let call = in_time(case.clone(), 5, 20);
    let handle = process.scoop.start(call).await.unwrap();
    assert_eq!(handle.wait().await.unwrap().as_deref(), Some("SHOP"));
    assert_eq!(watch.seconds(), 26);
}

async fn blocks_race_on_after_a_crash(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let call = two(case.clone(), shop("one", 9_000), shop("other", 50));
    let id = process.scoop.start(call).await.unwrap().id();
    watch.until(20).await;
    let process = process.restart(&watch, 30).await;
    let handle = process.scoop.handle(two, id);
    assert_eq!(handle.wait().await.unwrap(), "OTHERAGAIN OTHER");
    assert!(watch.seconds().abs_diff(52) <= 2, "{}", watch.seconds());
    assert_eq!(journal::count(&case, "asks other"), 1);
    assert_eq!(journal::count(&case, "asks one"), 1);
}

async fn blocks_race_beside_others_and_inside_of_blocks(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let handle = process.scoop.start(nested(case)).await.unwrap();
    assert_eq!(handle.wait().await.unwrap(), "BCD");
    assert_eq!(watch.seconds(), 3, "a step under way is awaited");
}

async fn what_ends_a_caught_race_is_a_value(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let handle = process.scoop.start(catching(case)).await.unwrap();
    assert_eq!(handle.wait().await.unwrap(), "fails failed");
    assert_eq!(watch.seconds(), 1);
}

async fn what_the_winner_did_is_undone_with_the_saga(place: Place) {
    let case = case();
    let process = Process::start(&place).await;
    let handle = process.scoop.start(fails_later(case.clone())).await;
    let error = handle.unwrap().wait().await.unwrap_err();
    assert_eq!(error.error(), Some(&Failed("fails".to_owned())));
    let lines = journal::read(&case).into_iter();
    let undone: Vec<_> = lines
        .filter_map(|line| Some(line.split_once("cancels ")?.1.to_owned()))
        .collect();
    assert_eq!(undone, ["d", "b", "a"]);
}
