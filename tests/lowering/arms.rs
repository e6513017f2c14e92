//! What an arm alone needs moves into it; and what is matched in an expression.

use scoop::{Error, saga};
use serde::{Deserialize, Serialize};

use super::{Order, ask, order};

/// A borrow, and what it borrows from, that one arm alone needs.
#[saga]
async fn one_arm_needs_a_borrow(order: Order, named: bool) -> Result<String, Error> {
    let name = &order.name;
    let Order { count: ref n, .. } = order;
    let said = ask("begin").await?;
    if named {
        Ok(said + &ask(name).await?)
    } else {
        ask(&n.to_string()).await
    }
}

/// The same in a block around arms that await nothing, with borrows of borrows and a transient.
#[saga]
async fn a_block_needs_a_borrow(order: Order, way: u32) -> Result<String, Error> {
    let address = &order.address;
    let city = address.city.as_str();
    #[transient]
    let shout = city.to_uppercase();
    {
        let said = match way {
            0 => ask("zero").await?,
            1 => shout.clone(),
            2 => ask(city).await? + &ask("two").await?,
            _ if way > 3 => city.to_owned() + &order.name,
            _ => order.name,
        };
        Ok(said)
    }
}

/// A local that is assigned in every turn of a loop, and that only an arm without awaits reads.
#[saga]
async fn assigned_for_one_arm(order: Order) -> Result<String, Error> {
    let mut text = order.name.clone();
    let mut said = ask(&text).await?;
    let mut turn = 0;
    'turns: while turn < 4 && !ask("on").await?.is_empty() {
        turn += 1;
        match {
            text = format!("{}{turn}", order.name);
            turn % 3
        } {
            0 => said += &ask("zero").await?,
            1 if text.len() > 3 => {
                said += &text;
                text = "one".to_owned();
                if turn > 3 {
                    break 'turns;
                }
                said += &text;
            }
            _ => {
                said += &text;
                if turn < 3 {
                    continue 'turns;
                }
                said += "never";
            }
        }
    }
    Ok(said)
}

/// Where the arm leaves a block behind which the local is read again.
#[saga]
async fn assigned_for_what_follows(mut way: u32) -> Result<String, Error> {
    let mut text;
    let mut all = String::new();
    while way < 3 {
        text = "unset".to_owned();
        'out: {
            ask("begin").await?;
            if {
                text = format!("way {way}");
                way > 0
            } {
                all += &text;
                text = format!("left {way}");
                if way > 1 {
                    break 'out;
                }
            } else {
                ask("else").await?;
                text = "else".to_owned();
            }
            all += &ask("end").await?;
            text += "+";
        }
        all += &text;
        way += 1;
    }
    Ok(all)
}

#[derive(Clone, Copy, Serialize, Deserialize)]
struct Point {
    x: u32,
    y: usize,
}

/// `matches!` with names that are used twice, and fields of the same names.
#[saga]
async fn matched_in_an_expression(order: Order) -> Result<String, Error> {
    let y = order.count;
    let name = order.name;
    let y = ask(&format!("{y}")).await?.len() + y as usize;
    let point = Point { x: 1, y };
    let one = matches!(Point { y, ..point }, Point { x, y } if (x as usize) < y);
    let two = matches!(if let Some(order) = Some(y) { order } else { 0 }, 6 | 7);
    ask(&format!("{one} {two}")).await?;
    if matches!(name.as_str(), "tea") && matches!(order.address.zip, zip if zip > point.x,) {
        ask(&format!("{one} {two}")).await
    } else {
        Ok(order.address.city)
    }
}

/// `matches!` of what is awaited.
#[saga]
async fn matches_an_await() -> Result<String, Error> {
    let mut turns = 0;
    let first = matches!(ask("in").await?.as_str(), "<in>" | "<out>");
    while matches!(turns, n if n < 5) && !matches!(ask("go").await?.len(), 0) {
        turns += 3;
    }
    Ok(format!("{first} {turns}"))
}

/// A pattern in the argument of a macro asks for a part of what is left.
#[saga]
async fn pattern_in_a_macro(order: Order) -> Result<String, Error> {
    let city = order.address.city;
    ask(&city).await?;
    let parts = vec![
        {
            let Order { name: ref n, .. } = order;
            n.clone() + n
        },
        format!("{}", {
            let Order { count, .. } = order;
            count
        }),
        order.name,
    ];
    Ok(parts.concat())
}

#[tokio::test]
async fn a_borrow_moves_into_the_arm_that_needs_it() {
    everywhere!(one_arm_needs_a_borrow(order(), true), "<begin><tea>");
    everywhere!(one_arm_needs_a_borrow(order(), false), "<3>");
    everywhere!(a_block_needs_a_borrow(order(), 0), "<zero>");
    everywhere!(a_block_needs_a_borrow(order(), 1), "LISBON");
    everywhere!(a_block_needs_a_borrow(order(), 2), "<Lisbon><two>");
    everywhere!(a_block_needs_a_borrow(order(), 3), "tea");
    everywhere!(a_block_needs_a_borrow(order(), 4), "Lisbontea");
}

#[tokio::test]
async fn an_assigned_local_is_there_in_the_arm_that_reads_it() {
    everywhere!(assigned_for_one_arm(order()), "<tea>tea1onetea2<zero>tea4");
    everywhere!(
        assigned_for_what_follows(0),
        "<end>else+way 1<end>left 1+way 2left 2"
    );
}

#[tokio::test]
async fn matches_is_the_match_that_it_is() {
    everywhere!(matched_in_an_expression(order()), "<true true>");
    everywhere!(matches_an_await(), "true 6");
}

#[tokio::test]
async fn a_pattern_in_a_macro_asks_for_what_is_left() {
    everywhere!(pattern_in_a_macro(order()), "teatea3tea");
}
