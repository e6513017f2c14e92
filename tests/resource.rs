//! Steps and sagas that are methods of a resource, and resources that a saga takes: forward, back,
//! and after a crash at any commit.

#![allow(clippy::unwrap_used)]

use std::sync::{Arc, Mutex};

use scoop::__private::runtime::operation::{Saga, SagaCall};
use scoop::testing::{CrashStore, MemoryStore, Store};
use scoop::{Outcome, Resource, SagaError, Scoop, Status, saga, step};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, thiserror::Error, Serialize, Deserialize, PartialEq)]
#[error("{0} is sold out")]
struct SoldOut(String);

/// What is done at the desk, in its order.
#[derive(Clone, Debug, Default)]
struct Desk {
    log: Arc<Mutex<Vec<String>>>,
    currency: &'static str,
}

/// Another resource.
#[derive(Clone, Debug)]
struct Rates {
    night: u32,
}

#[scoop::resource]
impl Desk {
    const SOLD_OUT: &'static str = "Atlantis";

    fn note(&self, what: impl Into<String>) {
        self.log.lock().unwrap().push(what.into());
    }

    fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }

    /// Books nights in a city.
    #[step(rollback = Self::cancel)]
    async fn book(&self, city: &str, nights: u32, rates: Resource<Rates>) -> Result<u32, SoldOut> {
        self.note(format!("+{city}"));
        if city == Self::SOLD_OUT {
            return Err(SoldOut(city.to_owned()));
        }
        Ok(nights * rates.night)
    }

    async fn cancel(
        &self,
        city: &str,
        nights: u32,
        price: u32,
        rates: Resource<Rates>,
    ) -> Result<(), SoldOut> {
        assert_eq!(price, nights * rates.night);
        self.note(format!("-{city}"));
        Ok(())
    }

    #[step(rollback = tear_up)]
    async fn print(&self, price: u32) -> Result<String, SoldOut> {
        self.note("print");
        Ok(format!("{price} {}", self.currency))
    }

    /// The blocks of a method say `self`, and use its resources; so does one inside of another.
    #[saga]
    async fn blocks(&self, cities: Vec<String>, rates: Resource<Rates>) -> Result<u32, SoldOut> {
        let currency = &self.currency;
        let (one, other) = scoop::try_join!(
            async {
                let first = self.book(&cities[0], 1).await?;
                self.note(format!("{first} {currency}"));
                let (inner, ()) = scoop::join!(
                    async {
                        let price = self.book(&cities[1], 2).await?;
                        Ok::<_, SoldOut>(price + rates.night + first)
                    },
                    async { self.note("nothing") },
                );
                Ok::<_, SoldOut>(inner? + rates.night)
            },
            self.book(&cities[2], rates.night),
        )?;
        Ok(one + other)
    }

    /// A saga that is a method: it awaits steps of its own type, and looks at its fields.
    #[saga]
    async fn tour(&self, greeting: &str, cities: Vec<String>) -> Result<Vec<String>, SoldOut> {
        let currency = &self.currency;
        let mut papers = vec![format!("{greeting}, in {currency}")];
        for city in &cities {
            let price = self.book(city, 2).await?;
            papers.push(self.print(price).await?);
            self.note(format!("{} of {}", papers.len(), cities.len() + 1));
        }
        assert_eq!(*currency, self.currency);
        Ok(papers)
    }
}

/// A rollback of a method may be a function beside the impl block.
async fn tear_up(_: u32, paper: Outcome<String>, desk: Resource<Desk>) -> Result<(), SoldOut> {
    if let Outcome::Done(paper) = paper {
        desk.note(format!("tear up {paper}"));
    }
    Ok(())
}

/// A saga that takes resources: they are provided, not stored.
#[saga]
async fn journey(
    desk: Resource<Desk>,
    cities: Vec<String>,
    rates: Resource<Rates>,
) -> Result<u32, SoldOut> {
    let night = &rates.night;
    let mut sum = 0;
    for city in &cities {
        sum += desk.book(city, rates.night).await?;
    }
    let total = {
        // Not the parameter, and not to be taken for it after the await.
        let desk = desk.print(sum).await?;
        desk.len()
    };
    desk.note(format!("{total} {}", desk.currency));
    Ok(sum + *night)
}

async fn connect(store: Arc<dyn Store>, desk: &Desk) -> Scoop {
    Scoop::connect("memory:")
        .store(store)
        .provide(desk.clone())
        .provide(Rates { night: 50 })
        .await
        .unwrap()
}

fn desk() -> Desk {
    Desk {
        currency: "EUR",
        ..Desk::default()
    }
}

fn cities(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn a_saga_that_is_a_method_awaits_steps_that_are() {
    let desk = desk();
    let scoop = connect(Arc::new(MemoryStore::new()), &desk).await;
    // The one that makes the call is not the one that is used.
    let call = self::desk().tour("hello", cities(&["Lisbon", "Porto"]));
    let papers = scoop.start(call).await.unwrap().wait().await.unwrap();
    assert_eq!(papers, ["hello, in EUR", "100 EUR", "100 EUR"]);
    assert_eq!(
        desk.log(),
        ["+Lisbon", "print", "2 of 3", "+Porto", "print", "3 of 3"]
    );
}

#[tokio::test]
async fn a_block_uses_what_the_process_provides() {
    let names = ["Lisbon", "Porto", "Faro"];
    let call = || desk().blocks(cities(&names));
    for crash in 1..=8 {
        let (store, desk) = (MemoryStore::new(), desk());
        let crashing = Arc::new(CrashStore::new(Arc::new(store.clone()), Some(crash)));
        let first = connect(crashing.clone(), &desk).await;
        let run = async { first.start(call()).id("one").await.unwrap().wait().await };
        tokio::select! {
            biased;
            () = crashing.crashed() => {}
            _ = run => panic!("it ended before commit {crash}"),
        }
        drop(first);
        let second = connect(Arc::new(store), &desk).await;
        let handle = second.start(call()).id("one").await.unwrap();
        let price = handle.wait().await.unwrap();
        assert_eq!(price, 50 + 100 + 50 + 50 + 2500, "{crash}");
        assert!(desk.log().contains(&"50 EUR".to_owned()));
    }
}

#[tokio::test]
async fn methods_are_undone_by_methods_and_functions() {
    let desk = desk();
    let scoop = connect(Arc::new(MemoryStore::new()), &desk).await;
    let call = desk.tour("hello", cities(&["Lisbon", "Atlantis"]));
    let handle = scoop.start(call).await.unwrap();
    let error = handle.wait().await.unwrap_err();
    assert_eq!(error.error(), Some(&SoldOut("Atlantis".into())));
    assert_eq!(handle.status().await.unwrap(), Status::RolledBack);
    assert_eq!(
        desk.log(),
        [
            "+Lisbon",
            "print",
            "2 of 3",
            "+Atlantis",
            "tear up 100 EUR",
            "-Lisbon"
        ]
    );
}

#[tokio::test]
async fn a_saga_takes_resources() {
    let desk = desk();
    let scoop = connect(Arc::new(MemoryStore::new()), &desk).await;
    let handle = scoop.start(journey(cities(&["Lisbon"]))).await.unwrap();
    assert_eq!(handle.wait().await.unwrap(), 2_550);
    assert_eq!(desk.log(), ["+Lisbon", "print", "8 EUR"]);
}

#[tokio::test]
async fn a_resource_that_only_a_saga_wants_is_named_at_start_up() {
    let error = Scoop::connect("memory:")
        .store(Arc::new(MemoryStore::new()))
        .sagas(["resource::Desk::tour"])
        .await
        .unwrap_err();
    let message = error.to_string();
    let wanted = "`resource::Desk` for `resource::Desk::tour`";
    assert!(message.contains(wanted), "{message}");
}

/// Runs a saga with a crash after every commit in turn, each time taken up by another process with
/// a desk of its own, and compares its end and what was done with a life without a crash.
async fn crash_everywhere<S>(call: impl Fn(&Desk) -> SagaCall<S>)
where
    S: Saga<Error = SoldOut>,
    S::Ok: std::fmt::Debug + PartialEq,
{
    let calm = desk();
    let store = Arc::new(CrashStore::new(Arc::new(MemoryStore::new()), None));
    let handle = connect(store.clone(), &calm).await.start(call(&calm)).await;
    let wanted = handle.unwrap().wait().await.map_err(text);
    assert!(store.commits() > 3);
    for crash_at in 1..=store.commits() {
        let (desk, inner) = (desk(), MemoryStore::new());
        let crashing = Arc::new(CrashStore::new(Arc::new(inner.clone()), Some(crash_at)));
        let first = connect(crashing.clone(), &desk).await;
        let run = async {
            first
                .start(call(&desk))
                .id("one")
                .await
                .unwrap()
                .wait()
                .await
        };
        tokio::select! {
            biased;
            () = crashing.crashed() => {}
            _ = run => panic!("it ended before commit {crash_at}"),
        }
        drop(first);
        let second = connect(Arc::new(inner), &desk).await;
        let handle = second.start(call(&desk)).id("one").await.unwrap();
        let got = handle.wait().await.map_err(text);
        assert_eq!(got, wanted, "crash at commit {crash_at}");
        assert_eq!(desk.log(), calm.log(), "crash at commit {crash_at}");
    }
}

fn text(error: SagaError<SoldOut>) -> String {
    error.to_string()
}

#[tokio::test]
async fn a_method_goes_on_after_a_crash_at_any_commit() {
    crash_everywhere(|desk| desk.tour("hello", cities(&["Lisbon", "Porto"]))).await;
}

#[tokio::test]
async fn a_method_is_undone_after_a_crash_at_any_commit() {
    crash_everywhere(|desk| desk.tour("hello", cities(&["Lisbon", "Atlantis"]))).await;
}

#[tokio::test]
async fn a_saga_with_resources_goes_on_after_a_crash_at_any_commit() {
    crash_everywhere(|_| journey(cities(&["Lisbon", "Porto"]))).await;
    crash_everywhere(|_| journey(cities(&["Lisbon", "Atlantis"]))).await;
}
