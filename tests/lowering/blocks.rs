//! Names in `async` blocks that are those of locals elsewhere, and of functions.

#![allow(unused_qualifications, reason = "paths are what some of this is about")]

use std::time::Duration;

use scoop::{Error, saga};

use super::ask;

const TEA: &str = "tea";

fn doubled(text: &str) -> String {
    text.repeat(2)
}

/// A client that cannot be stored, which is not in the blocks.
struct Client(&'static str);

/// Each of these names is a step or a function in one place, and a local in another.
#[saga]
async fn names_of_others() -> Result<String, Error> {
    {
        let doubled = ask("closed").await?;
        drop(doubled);
    }
    let first = Client("first");
    let said = first.0.len();
    let (ask, other) = scoop::try_join!(
        async {
            let doubled = ask("left").await?;
            Ok::<_, Error>(doubled)
        },
        async { ask(&doubled("right")).await },
    )?;
    let first = match &*other {
        doubled if said == 5 => [doubled].concat(),
        _ => String::new(),
    };
    Ok(ask + &first)
}

/// Paths that begin with `self` are none of a method's.
#[saga]
async fn paths_of_the_module() -> Result<String, Error> {
    let (one, two) = scoop::join!(async { self::ask(self::TEA).await }, async {
        ask(crate::blocks::TEA).await
    },);
    Ok(one? + &two?)
}

/// What is shadowed is captured as it was.
#[saga]
async fn shadowed(text: String) -> Result<String, Error> {
    let before = &text;
    let text = doubled(before);
    let (one, two) = scoop::try_join!(
        async {
            let text = ask(&text).await?;
            Ok::<_, Error>(text + before)
        },
        async {
            let before = ask(before).await?;
            Ok::<_, Error>(before + &text)
        },
    )?;
    Ok(one + &two + &text)
}

/// A race in a loop, of blocks that capture what is bound in it and around it.
#[saga]
async fn raced(names: Vec<String>, end: String) -> Result<String, Error> {
    let mut all = String::new();
    for name in &names {
        let first = scoop::race!(
            async {
                let one = ask(name).await?;
                Ok(one + &ask(&end).await?)
            },
            async {
                scoop::sleep(Duration::from_secs(9_000)).await;
                Ok::<_, Error>(end.clone())
            },
        )?;
        all.push_str(&first);
    }
    Ok(all + &end)
}

#[tokio::test]
async fn blocks_race_in_a_loop() {
    let names = ["a", "b"].map(str::to_owned);
    everywhere!(raced(names.to_vec(), "c".to_owned()), "<a><c><b><c>c");
}

struct Pair {
    left: String,
    right: String,
}

/// Of a pair of which one part is gone a block has what it borrows.
#[saga]
async fn borrows_of_what_is_left(left: String, right: String) -> Result<String, Error> {
    let pair = Pair { left, right };
    let left = pair.left;
    let right = &pair.right;
    let (one, two) = scoop::try_join!(async { ask(right).await }, async {
        let length = ask("length").await?.len();
        Ok::<_, Error>(format!("{right}{length}"))
    })?;
    Ok(left + &one + &two + right)
}

/// Arguments with awaits in them, before and behind blocks and other operations; in a macro, too.
#[saga]
async fn arguments_that_await(text: String) -> Result<String, Error> {
    let words = vec![
        text.clone(),
        scoop::try_join!(
            ask(&doubled(&text)),
            async { ask(&text).await },
            ask(&ask("in").await?),
        )
        .map(|(one, two, three)| one + &two + &three)?,
    ];
    Ok(words.join(" "))
}

#[tokio::test]
async fn a_block_captures_what_a_borrow_of_a_part_borrows() {
    everywhere!(
        borrows_of_what_is_left("a".to_owned(), "b".to_owned()),
        "a<b>b8b"
    );
}

#[tokio::test]
async fn arguments_are_there_before_any_of_several_begins() {
    everywhere!(arguments_that_await("a".to_owned()), "a <aa><a><<in>>");
}

fn never() -> ! {
    unreachable!("nobody comes here")
}

/// Blocks that end with calls of plain functions: of one that does not return, with arguments that await.
#[saga]
async fn ends_with_calls() -> Result<String, Error> {
    let (one, two) = scoop::try_join!(
        async {
            let said = ask("one").await?;
            if !said.is_empty() {
                return Ok(said);
            }
            never()
        },
        async { ok(ask("two").await?) },
    )?;
    let first = scoop::race!(
        async {
            scoop::sleep(Duration::from_secs(60)).await;
            never()
        },
        async { ask(&two).await },
    )?;
    Ok(one + &first)
}

fn ok(text: String) -> Result<String, Error> {
    Ok(text)
}

#[tokio::test]
async fn a_block_may_end_with_a_call_of_any_function() {
    everywhere!(ends_with_calls(), "<one><<two>>");
}

#[tokio::test]
async fn names_are_what_they_are_where_the_block_begins() {
    everywhere!(names_of_others(), "<left><rightright>");
    everywhere!(paths_of_the_module(), "<tea><tea>");
    everywhere!(shadowed("a".to_owned()), "<aa>a<a>aaaa");
}
