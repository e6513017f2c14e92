//! Functions of a saga: what is stored of them, where they fail, and what ends them.

#![allow(clippy::unwrap_used)]

use std::sync::{Arc, Mutex};

use scoop::testing::{CrashStore, MemoryStore, Store};
use scoop::{FailureKind, Resource, Scoop, saga, step};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, thiserror::Error, Serialize, Deserialize, PartialEq)]
#[error("no {0}")]
struct No(String);

#[step(rollback = give_back)]
async fn take(what: &str) -> Result<String, No> {
    match what {
        "nothing" => Err(No(what.to_owned())),
        what => Ok(what.to_uppercase()),
    }
}

async fn give_back(_: &str, _: String) -> Result<(), No> {
    Ok(())
}

async fn connect(store: Arc<dyn Store>) -> Scoop {
    let connect = Scoop::connect("memory:").store(store);
    connect.provide(Till::default()).provide(Ink).await.unwrap()
}

async fn memory() -> Scoop {
    connect(Arc::new(MemoryStore::new())).await
}

#[saga(inline)]
async fn pair(first: &str, second: &str) -> Result<String, No> {
    let one = take(first).await?;
    let other = take(second).await?;
    Ok(one + &other)
}

/// The line of the second await there.
const SECOND_AT: u32 = line!() - 5;

#[saga(inline)]
async fn basket(last: &str) -> Result<String, No> {
    let bread = "bread".to_owned();
    let inner = pair(&bread, last).await?;
    Ok(format!("{inner} {bread}"))
}

#[saga]
async fn shop(last: String) -> Result<String, No> {
    let bag = "bag".to_owned();
    let full = basket(&last).await?;
    Ok(format!("{bag} {full} {}", take("receipt").await?))
}

#[tokio::test]
async fn only_what_is_awaited_inside_is_stored_and_a_row_has_all_that_is_needed() {
    let scoop = memory().await;
    let run = scoop.start(shop("milk".into())).await.unwrap();
    assert_eq!(run.wait().await.unwrap(), "bag BREADMILK bread RECEIPT");
    let (_, rows) = scoop.admin().show(run.id()).await.unwrap();
    let points: Vec<&str> = rows.iter().map(|row| row.point.as_str()).collect();
    assert_eq!(
        points,
        [
            "basket:full/pair:inner/take:one",
            "basket:full/pair:inner/take:other",
            "take",
            ""
        ]
    );
    let frame = rows[1].frame.as_ref().unwrap().json().unwrap();
    assert_eq!(
        frame,
        concat!(
            r#"{"promise":{"undo":"functions::give_back"},"rows":[1],"slots":{"bag":{"same":1},"basket:full/()":{"same":1},"#,
            r#""basket:full/bread":{"same":1},"basket:full/pair:inner/()":{"same":1},"#,
            r#""basket:full/pair:inner/one":{"is":"BREAD"}}}"#
        )
    );
}

#[tokio::test]
async fn a_failure_names_the_await_in_the_function() {
    let scoop = memory().await;
    let run = scoop.start(shop("nothing".into())).await.unwrap();
    let error = run.wait().await.unwrap_err();
    let [hop] = error.hops()[..] else {
        panic!("{error:?}")
    };
    let point = hop.point.as_deref();
    assert_eq!(point, Some("basket:full/pair:inner/take:other"));
    assert_eq!((&*hop.file, hop.line), (file!(), SECOND_AT));
    assert_eq!(error.error(), Some(&No("nothing".into())));
    assert_eq!(error.compensations().len(), 1);
}

#[saga]
async fn shops_again() -> Result<String, No> {
    let Err(error) = pair("tea", "nothing").await else {
        return Ok(String::new());
    };
    take("receipt").await?;
    take("nothing").await?;
    Ok(error.to_string())
}

/// The line of the first await there.
const AGAIN_AT: u32 = line!() - 9;

/// What an earlier process went on from is read from its rows, and its place is that of the await of the
/// function: where that was inside, no row says.
#[tokio::test]
async fn a_failure_of_an_earlier_process_in_a_function_has_its_name() {
    let inner = MemoryStore::new();
    let crashing = Arc::new(CrashStore::new(Arc::new(inner.clone()), Some(3)));
    let first = connect(crashing.clone()).await;
    let run = first.start(shops_again()).id("one");
    tokio::select! {
        biased;
        () = crashing.crashed() => {}
        _ = async { run.await.unwrap().wait().await } => panic!("it ended"),
    }
    let second = connect(Arc::new(inner)).await;
    let run = second.start(shops_again()).id("one").await.unwrap();
    let error = run.wait().await.unwrap_err();
    let earlier = &error.preceded_by()[0].hop;
    assert_eq!(earlier.point.as_deref(), Some("pair/take:other"));
    assert_eq!((&*earlier.file, earlier.line), (file!(), AGAIN_AT));
}

#[saga(inline)]
async fn deeper(left: u32) -> Result<u32, No> {
    if left == 0 {
        return Ok(0);
    }
    Ok(deeper(left - 1).await? + 1)
}

#[saga]
async fn deep(levels: u32) -> Result<u32, No> {
    take("rope").await?;
    deeper(levels - 1).await
}

#[tokio::test]
async fn functions_are_32_levels_deep_at_most() {
    let scoop = memory().await;
    let run = scoop.start(deep(32)).await.unwrap();
    assert_eq!(run.wait().await.unwrap(), 31);
    let run = scoop.start(deep(33)).await.unwrap();
    let error = run.wait().await.unwrap_err();
    assert_eq!(error.kind(), Some(FailureKind::TooDeep));
    let said = format!("{error:?}");
    assert!(
        said.contains("inside 32 other functions of the saga"),
        "{said}"
    );
    assert_eq!(error.compensations().len(), 1);
    let point = error.hops()[0].point.clone().unwrap();
    assert_eq!(point, ["deeper"; 33].join("/"));
}

/// Cannot be written as JSON.
#[derive(Serialize, Deserialize)]
struct Unwritable(std::collections::BTreeMap<(u32, u32), u32>);

fn unwritable() -> Unwritable {
    Unwritable([((1, 2), 3)].into())
}

#[saga(inline)]
async fn given(what: Unwritable) -> usize {
    what.0.len()
}

#[saga(inline)]
async fn keeps() -> Result<usize, No> {
    let kept = unwritable();
    take("hat").await?;
    Ok(kept.0.len())
}

#[saga(inline)]
async fn plain() -> usize {
    1
}

#[saga]
async fn unstorable(way: u32) -> Result<usize, No> {
    take("coat").await?;
    if way == 1 {
        return keeps().await;
    }
    let around = unwritable();
    match way {
        0 => Ok(given(unwritable()).await),
        2 => {
            let scarf = take_one().await?;
            Ok(scarf.len() + around.0.len())
        }
        _ => {
            let one = plain().await;
            take("gloves").await?;
            Ok(one + around.0.len())
        }
    }
}

#[saga(inline)]
async fn take_one() -> Result<String, No> {
    take("scarf").await
}

#[tokio::test]
async fn what_cannot_be_stored_fails_the_saga_at_the_await_that_would_store_it() {
    let scoop = memory().await;
    for (way, point, said) in [
        (0, "given", "an argument of `functions::given` cannot be"),
        (1, "keeps/take", "the local `kept` cannot be written"),
        (
            2,
            "take_one:scarf/take",
            "the local `around` cannot be written",
        ),
        (3, "take (2 of 2)", "the local `around` cannot be written"),
    ] {
        let run = scoop.start(unstorable(way)).await.unwrap();
        let error = run.wait().await.unwrap_err();
        assert_eq!(error.kind(), Some(FailureKind::Unstorable), "{way}");
        assert!(format!("{error:?}").contains(said), "{way}: {error:?}");
        assert_eq!(error.hops()[0].point.as_deref(), Some(point));
        assert_eq!(error.compensations().len(), 1, "{way}");
    }
}

#[saga(inline)]
async fn long() -> Result<usize, No> {
    let long = "x".repeat(5 << 20);
    take("hat").await?;
    Ok(long.len())
}

#[saga]
async fn too_long() -> Result<usize, No> {
    long().await
}

#[tokio::test]
async fn what_is_too_large_is_named() {
    let error = memory().await.start(too_long()).await.unwrap();
    let error = error.wait().await.unwrap_err();
    assert_eq!(error.kind(), Some(FailureKind::TooLarge));
    let said = format!("{error:?}");
    assert!(said.contains("the local `long/long`"), "{said}");
}

#[derive(Clone, Debug, Default)]
struct Till(Arc<Mutex<Vec<String>>>);

#[scoop::resource]
impl Till {
    #[step(retriable)]
    async fn ring(&self, what: &str) -> Result<usize, No> {
        self.0.lock().unwrap().push(what.to_owned());
        Ok(what.len())
    }

    /// A function that is a method, and takes another resource.
    #[saga(inline)]
    async fn sell(&self, what: &str, other: Resource<Till>) -> Result<usize, No> {
        let first = self.ring(what).await?;
        let second = other.ring("thanks").await?;
        Ok(first + second + self.0.lock().unwrap().len())
    }

    #[saga]
    async fn sales(&self, all: Vec<String>) -> Result<usize, No> {
        let mut sum = 0;
        for each in &all {
            sum += self.sell(each).await?;
        }
        Ok(sum)
    }
}

#[tokio::test]
async fn a_function_may_be_a_method_and_take_resources() {
    let scoop = memory().await;
    let all = ["tea", "cocoa"].map(ToOwned::to_owned).to_vec();
    let run = scoop.start(Till::default().sales(all)).await.unwrap();
    assert_eq!(run.wait().await.unwrap(), 3 + 6 + 2 + 5 + 6 + 4);
}

/// A resource that only a function wants.
struct Ink;

#[saga(inline)]
async fn sign(name: &str, ink: Resource<Ink>) -> String {
    let _ink: &Ink = &ink;
    name.to_owned()
}

#[saga]
async fn signed() -> Result<String, No> {
    let name = take("pen").await?;
    Ok(sign(&name).await)
}

#[tokio::test]
async fn what_a_function_wants_is_asked_for_at_start_up() {
    let run = memory().await.start(signed()).await.unwrap();
    assert_eq!(run.wait().await.unwrap(), "PEN");
    let connect = Scoop::connect("memory:").provide(Till::default());
    let said = connect.await.unwrap_err().to_string();
    assert!(
        said.contains("`functions::Ink` for `functions::sign`"),
        "{said}"
    );
}

/// What a function returns goes to the saga that awaits it, under whatever name.
type Answer = Result<String, No>;

#[saga(inline)]
async fn take_after_bread(what: &str) -> Answer {
    take("bread").await?;
    take(what).await
}

#[saga]
async fn asks(what: String) -> Result<String, No> {
    take_after_bread(&what).await
}

#[tokio::test]
async fn a_function_may_return_a_result_under_another_name() {
    let scoop = memory().await;
    let run = scoop.start(asks("milk".into())).await.unwrap();
    assert_eq!(run.wait().await.unwrap(), "MILK");
    let run = scoop.start(asks("nothing".into())).await.unwrap();
    let error = run.wait().await.unwrap_err();
    assert_eq!(error.error(), Some(&No("nothing".to_owned())));
    assert_eq!(error.compensations().len(), 1);
}
