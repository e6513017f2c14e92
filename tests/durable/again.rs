//! Starting the run of an earlier program again: its input was written by earlier types.

use std::collections::HashMap;

use scoop::{RunId, Scoop, saga};
use serde::{Deserialize, Serialize};

use crate::sql;
use crate::support::{Place, connect, connecting};

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Order {
    item: String,
    #[serde(default)]
    gift: bool,
    #[serde(default, skip_serializing_if = "HashMap::is_empty")]
    notes: HashMap<String, Option<f64>>,
}

#[saga]
async fn place_order(order: &Order, shops: &[String], number: u32) -> usize {
    scoop::sleep(std::time::Duration::from_secs(1)).await;
    order.item.len() + shops.len() + number as usize
}

fn order(gift: bool) -> Order {
    Order {
        item: "tea".to_owned(),
        gift,
        notes: HashMap::new(),
    }
}

/// A run whose input is this now.
async fn stored(place: &Place, input: &str) -> RunId {
    let scoop = connect(place.open().await).await;
    let start = scoop.start(place_order(&order(false), &["Ritz".to_owned()], 7));
    let run = start.id("one").await.unwrap().id();
    scoop.shutdown().await;
    let input = input.replace('\'', "''");
    let sql = format!("update scoop_run set input = cast(x'014A' || '{input}' as blob)");
    sql::execute(place, &sql, run).await;
    run
}

async fn again(scoop: &Scoop, gift: bool) -> Result<RunId, String> {
    let start = scoop.start(place_order(&order(gift), &["Ritz".to_owned()], 7));
    match start.id("one").await {
        Ok(handle) => Ok(handle.id()),
        Err(error) => Err(error.to_string()),
    }
}

async fn check(input: &str, same: bool, same_with_gift: bool) {
    let place = Place::sqlite();
    let run = stored(&place, input).await;
    let store = place.open().await;
    // Whoever only starts compares in the same way.
    let scoop = connecting(store).worker(false).await.unwrap();
    for (gift, same) in [(false, same), (true, same_with_gift)] {
        let started = again(&scoop, gift).await;
        if same {
            assert_eq!(started, Ok(run), "{input}");
        } else {
            let why = started.unwrap_err();
            assert!(why.ends_with("started with another input"), "{why}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_field_that_has_a_default_by_now() {
    check(r#"[{"item":"tea"},["Ritz"],7]"#, true, false).await;
}

#[tokio::test(start_paused = true)]
async fn a_field_that_is_gone_by_now() {
    let input = r#"[{"item":"tea","gift":true,"colour":"it's green"},["Ritz"],7]"#;
    check(input, false, true).await;
}

#[tokio::test(start_paused = true)]
async fn an_input_that_cannot_be_read_any_more_is_another_one() {
    check(r#"[{"item":7},["Ritz"],7]"#, false, false).await;
    check(r#"[{"item":"tea"},["Ritz"]]"#, false, false).await;
    check(r#"[{"item":"tea"},["Ritz"],8]"#, false, false).await;
}
