//! Sagas with `async` blocks beside other operations.

#![allow(dead_code, reason = "each test binary uses a part of this")]

use std::time::Duration;

use scoop::saga;

use super::children::leg;
use super::sagas::{Full, book, pay};

/// Two steps in one block, a loop in the other, and a step beside them.
#[saga]
pub(crate) async fn blocks(case: String, within: String, last: &str) -> Result<String, Full> {
    let hotel = book(&case, "hotel").await?;
    let (covered, rooms, plane) = scoop::try_join!(
        async {
            let car = book(&case, "car").await?;
            let policy = book(&case, &within).await?;
            Ok(format!("{car}, {policy}, {hotel}"))
        },
        async move {
            let mut rooms = Vec::new();
            for number in 0..3_u32 {
                rooms.push(book(&case, &format!("room {number}")).await?);
            }
            Ok::<_, Full>(rooms.len())
        },
        book(&case, "plane"),
    )?;
    book(&case, last).await?;
    Ok(format!("{covered}, {rooms}, {plane}"))
}

#[saga(inline)]
async fn pair(case: &str, name: &str) -> Result<usize, Full> {
    let one = book(case, name).await?;
    let other = book(case, &format!("{name}'s twin")).await?;
    Ok(one.len() + other.len())
}

/// All that a block may hold: several at once, another block among them, a function, a saga, a timer.
#[saga]
pub(crate) async fn deep(case: &str, last: &str) -> Result<usize, Full> {
    let (all, ()) = scoop::join!(
        async {
            let first = book(case, "first").await?;
            let (one, two) = scoop::try_join!(
                async {
                    let inner = pair(case, "inner").await?;
                    book(case, "beside").await?;
                    Ok::<_, Full>(inner + first.len())
                },
                book(case, "two"),
            )?;
            scoop::sleep(Duration::from_secs(3)).await;
            let there = leg(case.to_owned(), vec!["x".to_owned()]).await?;
            Ok::<_, Full>(one + two.len() + there)
        },
        async { scoop::sleep(Duration::from_secs(1)).await },
    );
    let all = all?;
    book(case, last).await?;
    Ok(all)
}

/// Blocks that use what the loop and the `match` around them borrow.
#[saga]
pub(crate) async fn borrowing(case: &str, names: Vec<String>, last: &str) -> Result<usize, Full> {
    let mut sum = 0;
    let counted = (names.len(), Some(last.to_owned()));
    let (count, Some(end)) = &counted else {
        return Ok(0);
    };
    for (number, name) in names.iter().enumerate() {
        if let [first, rest @ ..] = &names[..] {
            let (one, other) = scoop::try_join!(
                async {
                    let one = book(case, &format!("{name} {number}")).await?;
                    let (two, _) = scoop::try_join!(
                        async { book(case, &format!("{first} and {}", rest.len() + number)).await },
                        async { Ok::<_, Full>(name.len() + *count + end.len()) },
                    )?;
                    Ok::<_, Full>(one.len() + two.len())
                },
                book(case, name),
            )?;
            sum += one + other.len();
        }
    }
    book(case, last).await?;
    Ok(sum)
}

/// A pivot in a block, before a step that fails.
#[saga]
pub(crate) async fn paid_inside(case: String) -> Result<(), Full> {
    scoop::try_join!(
        async {
            pay(&case, 3).await?;
            book(&case, "full").await
        },
        book(&case, "b"),
    )?;
    Ok(())
}

#[saga(inline)]
async fn half(case: &str, name: &str) -> Result<usize, Full> {
    let first = book(case, name).await?;
    let (one, other) = scoop::try_join!(
        async {
            let inner = book(case, &format!("{name} inside")).await?;
            Ok::<_, Full>(inner.len() + first.len())
        },
        book(case, &format!("{name} beside")),
    )?;
    Ok(one + other.len())
}

/// Blocks in functions of a saga, which are in a loop, and in a block.
#[saga]
pub(crate) async fn halves(case: &str, last: &str) -> Result<usize, Full> {
    let mut sum = 0;
    for number in 0..2_u32 {
        sum += half(case, &format!("half {number}")).await?;
    }
    let (more, all) = scoop::try_join!(
        async {
            let one = half(case, "deep").await?;
            Ok::<_, Full>(one + sum)
        },
        async {
            let all = scoop::try_map(["p", "q", "r"], |name| book(case, name)).await?;
            Ok::<_, Full>(all.len())
        }
    )?;
    book(case, last).await?;
    Ok(more + all)
}

/// Two blocks and a saga: the second block is the fastest. What the first did is not undone at once where one of
/// its steps is slow.
#[saga]
pub(crate) async fn raced_blocks(case: String, one: &str, last: &str) -> Result<usize, Full> {
    let first = scoop::race!(
        async {
            book(&case, "car").await?;
            leg(case.clone(), vec!["x".to_owned()]).await?;
            let (one, _) =
                scoop::try_join!(book(&case, one), async { book(&case, "inside").await })?;
            scoop::sleep(Duration::from_secs(90)).await;
            Ok::<_, Full>(one.len())
        },
        async {
            scoop::sleep(Duration::from_secs(4)).await;
            let two = book(&case, "two").await?;
            Ok(two.len())
        },
        lazy(case.clone()),
    )?;
    book(&case, last).await?;
    Ok(first)
}

#[saga]
async fn lazy(case: String) -> Result<usize, Full> {
    book(&case, "lazy").await?;
    scoop::sleep(Duration::from_secs(30)).await;
    Ok(0)
}
