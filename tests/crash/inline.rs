//! Functions of a saga: in loops, in arms, in one another, with locals around them, and undone.

use std::time::Duration;

use scoop::Status::{Completed, RolledBack};
use scoop::saga;

use crate::journal::body;
use crate::sagas::{Full, book, flaky, pay};
use crate::support::{Place, on_every_store};
use crate::sweep::{Wanted, everywhere};

on_every_store!(
    in_a_loop,
    in_an_arm,
    in_one_another,
    of_itself,
    that_fails,
    that_fails_and_is_caught,
    that_panics,
    that_awaits_nothing,
    that_waits_and_awaits_more
);

/// Not stored, so not `Serialize`.
struct Booked {
    tickets: Vec<String>,
    full: bool,
}

#[saga(inline)]
async fn night(case: &str, what: &str, number: u32) -> Result<Vec<String>, Full> {
    let mut tickets = Vec::new();
    body(case, &format!("night {number}"));
    for part in ["bed", "soup"].map(ToOwned::to_owned) {
        let ticket = book(case, &format!("{part} of {what} {number}")).await?;
        tickets.push(ticket);
    }
    body(case, &format!("{} for night {number}", tickets.len()));
    Ok(tickets)
}

#[saga]
async fn nights(case: String, count: u32) -> Result<String, Full> {
    let what = "inn".to_owned();
    let first = book(&case, "train").await?;
    let mut all = vec![first];
    for number in 1..=count {
        let before = all.len();
        all.extend(night(&case, &what, number).await?);
        body(&case, &format!("{before} to {}", all.len()));
    }
    pay(&case, 7).await?;
    Ok(format!("{} at {what}, last {:?}", all.len(), all.last()))
}

async fn in_a_loop(place: Place) {
    let wanted = Wanted {
        status: Completed,
        result: r#""5 at inn, last Some(\"ticket of soup of inn 2\")""#,
        happened: &[
            "1 +train",
            "body night 1",
            "2 +bed of inn 1",
            "3 +soup of inn 1",
            "body 2 for night 1",
            "body 1 to 3",
            "body night 2",
            "4 +bed of inn 2",
            "5 +soup of inn 2",
            "body 2 for night 2",
            "body 3 to 5",
            "6 pay 7",
        ],
    };
    everywhere(place, |case| nights(case, 2), wanted).await;
}

#[saga(inline)]
async fn meal(case: String, rich: bool) -> String {
    let kind = if rich { "menu" } else { "soup" };
    match book(&case, kind).await {
        Ok(ticket) if rich => format!("{ticket} with {}", flaky(&case).await.unwrap_or(0)),
        Ok(ticket) => ticket,
        Err(error) => error.to_string(),
    }
}

#[saga]
async fn evening(case: String, ways: Vec<u32>) -> Result<Vec<String>, Full> {
    let mut all = Vec::new();
    for way in ways {
        let mut left = way + 10;
        let said = match way {
            0 => meal(case.clone(), true).await,
            1 => {
                left += 1;
                let fed = meal(case.clone(), false).await;
                format!("{fed} and {}", book(&case, "bread").await?)
            }
            _ => "nothing".to_owned(),
        };
        all.push(format!("{said}, {left}"));
    }
    Ok(all)
}

async fn in_an_arm(place: Place) {
    let wanted = Wanted {
        status: Completed,
        result: r#"["ticket of menu with 4, 10", "nothing, 12", "ticket of soup and ticket of bread, 12"]"#,
        happened: &[
            "1 +menu",
            "2 flaky 1",
            "2 flaky 2",
            "2 flaky 3",
            "2 flaky 4",
            "3 +soup",
            "4 +bread",
        ],
    };
    everywhere(place, |case| evening(case, vec![0, 2, 1]), wanted).await;
}

#[saga(inline)]
async fn leg(case: &str, from: &str, to: String) -> Result<String, Full> {
    let text = format!("{from} to {to}");
    let ticket = book(case, &text).await?;
    body(case, &text);
    Ok(ticket)
}

#[saga(inline)]
async fn there_and_back(case: &str, to: &str) -> Result<(String, String), Full> {
    let home = "home".to_owned();
    let out = leg(case, &home, to.to_owned()).await?;
    let stay = book(case, "stay").await?;
    let back = leg(case, to, home.clone()).await?;
    Ok((out, format!("{stay}, {back}, {home}")))
}

#[saga]
async fn journey(case: String) -> Result<String, Full> {
    let bag = "bag".to_owned();
    let (out, back) = there_and_back(&case, "Rome").await?;
    let fed = night(&case, &bag, 3).await?;
    Ok(format!("{out}; {back}; {bag} {}", fed.len()))
}

async fn in_one_another(place: Place) {
    let wanted = Wanted {
        status: Completed,
        result: r#""ticket of home to Rome; ticket of stay, ticket of Rome to home, home; bag 2""#,
        happened: &[
            "1 +home to Rome",
            "body home to Rome",
            "2 +stay",
            "3 +Rome to home",
            "body Rome to home",
            "body night 3",
            "4 +bed of bag 3",
            "5 +soup of bag 3",
            "body 2 for night 3",
        ],
    };
    everywhere(place, journey, wanted).await;
}

#[saga(inline)]
async fn countdown(case: &str, left: u32) -> Result<u32, Full> {
    book(case, &format!("{left}")).await?;
    if left == 0 {
        return Ok(1);
    }
    let below = countdown(case, left - 1).await?;
    book(case, &format!("{left} again")).await?;
    Ok(below + 1)
}

#[saga]
async fn counted(case: String, from: u32) -> Result<u32, Full> {
    Ok(countdown(&case, from).await? * 10)
}

async fn of_itself(place: Place) {
    let wanted = Wanted {
        status: Completed,
        result: "30",
        happened: &["1 +2", "2 +1", "3 +0", "4 +1 again", "5 +2 again"],
    };
    everywhere(place, |case| counted(case, 2), wanted).await;
}

#[saga]
async fn undone(case: String) -> Result<String, Full> {
    let taxi = book(&case, "car").await?;
    let fed = night(&case, "inn", 1).await?;
    let full = leg(&case, "full", "Rome".to_owned()).await?;
    body(&case, "never");
    Ok(format!("{taxi} {} {full}", fed.len()))
}

async fn that_fails(place: Place) {
    let wanted = Wanted {
        status: RolledBack,
        result: r#"Error Some(Full("full to Rome")) ["cancel of 3: Undone { attempt: 1 }", "cancel of 2: Undone { attempt: 1 }", "cancel of 1: Undone { attempt: 1 }"]"#,
        happened: &[
            "1 +car",
            "body night 1",
            "2 +bed of inn 1",
            "3 +soup of inn 1",
            "body 2 for night 1",
            "4 +full to Rome",
            "3:undo -soup of inn 1",
            "2:undo -bed of inn 1",
            "1:undo -car",
        ],
    };
    everywhere(place, undone, wanted).await;
}

#[saga(inline)]
async fn some(case: &str, wanted: Vec<String>) -> Booked {
    let mut tickets = Vec::new();
    for each in wanted {
        let Ok(ticket) = book(case, &each).await else {
            return Booked {
                tickets,
                full: true,
            };
        };
        tickets.push(ticket);
    }
    Booked {
        tickets,
        full: false,
    }
}

#[saga]
async fn caught(case: String) -> Result<String, Full> {
    let wanted = ["a", "full", "c"].map(ToOwned::to_owned);
    let Booked { tickets, full } = some(&case, wanted.to_vec()).await;
    let more = match leg(&case, "full", "Oslo".to_owned()).await {
        Ok(ticket) => ticket,
        Err(error) => book(&case, &format!("instead, as {error}")).await?,
    };
    Ok(format!("{tickets:?} {full} {more}"))
}

async fn that_fails_and_is_caught(place: Place) {
    let wanted = Wanted {
        status: Completed,
        result: r#""[\"ticket of a\"] true ticket of instead, as full to Oslo is full""#,
        happened: &[
            "1 +a",
            "2 +full",
            "3 +full to Oslo",
            "4 +instead, as full to Oslo is full",
        ],
    };
    everywhere(place, caught, wanted).await;
}

#[saga(inline)]
async fn clumsy(case: &str) -> Result<u32, Full> {
    let ticket = book(case, "stairs").await?;
    assert!(ticket.is_empty(), "oh no");
    Ok(1)
}

#[saga]
async fn fallen(case: String) -> Result<u32, Full> {
    let ladder = book(&case, "ladder").await?;
    let n = clumsy(&case).await?;
    Ok(n + u32::from(ladder.is_empty()))
}

async fn that_panics(place: Place) {
    let wanted = Wanted {
        status: RolledBack,
        result: r#"Panic None ["cancel of 2: Undone { attempt: 1 }", "cancel of 1: Undone { attempt: 1 }"]"#,
        happened: &["1 +ladder", "2 +stairs", "2:undo -stairs", "1:undo -ladder"],
    };
    everywhere(place, fallen, wanted).await;
}

#[saga(inline)]
async fn sum(case: &str, numbers: &[u32]) -> u32 {
    body(case, "sums");
    numbers.iter().sum()
}

#[saga]
async fn summed(case: String) -> Result<u32, Full> {
    let mut numbers = vec![1, 2];
    let first = sum(&case, &numbers).await;
    book(&case, "abacus").await?;
    numbers.push(first);
    let second = sum(&case, &numbers).await;
    book(&case, "slate").await?;
    Ok(second + first)
}

async fn that_awaits_nothing(place: Place) {
    let wanted = Wanted {
        status: Completed,
        result: "9",
        happened: &["body sums", "1 +abacus", "body sums", "2 +slate"],
    };
    everywhere(place, summed, wanted).await;
}

#[saga(inline)]
async fn long_stay(case: &str, minutes: u64) -> Result<String, Full> {
    let before = book(case, "bed").await?;
    scoop::sleep(Duration::from_secs(60 * minutes)).await;
    body(case, "gets up");
    let (tea, ()) = scoop::join!(
        book(case, "tea"),
        scoop::sleep(Duration::from_secs(minutes)),
    );
    let below = counted(case.to_owned(), 0).await?;
    Ok(format!("{before}, {}, {below}", tea?))
}

#[saga]
async fn resting(case: String) -> Result<String, Full> {
    let hat = "hat".to_owned();
    let rested = long_stay(&case, 20).await?;
    Ok(format!("{hat}: {rested}"))
}

async fn that_waits_and_awaits_more(place: Place) {
    let wanted = Wanted {
        status: Completed,
        result: r#""hat: ticket of bed, ticket of tea, 10""#,
        happened: &["a 1 +bed", "body gets up", "a 3.0 +tea", "b 1 +0"],
    };
    everywhere(place, resting, wanted).await;
}
