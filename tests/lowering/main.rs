//! Bodies that the lowering once refused or lost something of, killed at every commit.

#![allow(clippy::unwrap_used)]

use scoop::{Error, step};
use serde::{Deserialize, Serialize};

#[derive(Clone, Serialize, Deserialize)]
struct Order {
    name: String,
    count: u32,
    address: Address,
}

#[derive(Clone, Serialize, Deserialize)]
struct Address {
    city: String,
    zip: u32,
}

fn order() -> Order {
    Order {
        name: "tea".to_owned(),
        count: 3,
        address: Address {
            city: "Lisbon".to_owned(),
            zip: 1100,
        },
    }
}

#[step(read_only)]
async fn ask(text: &str) -> Result<String, Error> {
    Ok(format!("<{text}>"))
}

/// Runs a saga with these arguments, undisturbed and killed after each of its commits.
macro_rules! everywhere {
    ($saga:ident($($arg:expr),*), $wanted:expr) => {{
        let start = async |store: std::sync::Arc<scoop::testing::CrashStore>| {
            let scoop = scoop::Scoop::connect("memory:").store(store).await.unwrap();
            let handle = scoop.start($saga($($arg),*)).id("one").await.unwrap();
            handle.wait().await.map_err(|error| error.to_string())
        };
        let calm = std::sync::Arc::new(scoop::testing::CrashStore::new(std::sync::Arc::new(scoop::testing::MemoryStore::new()), None));
        assert_eq!(start(std::sync::Arc::clone(&calm)).await.unwrap(), $wanted);
        for crash_at in 1..=calm.commits() {
            let inner = scoop::testing::MemoryStore::new();
            let crashing = std::sync::Arc::new(scoop::testing::CrashStore::new(std::sync::Arc::new(inner.clone()), Some(crash_at)));
            tokio::select! {
                biased;
                () = crashing.crashed() => {}
                _ = start(std::sync::Arc::clone(&crashing)) => panic!("it ended before commit {crash_at}"),
            }
            let second = std::sync::Arc::new(scoop::testing::CrashStore::new(std::sync::Arc::new(inner), None));
            let got = start(second).await;
            assert_eq!(got.unwrap(), $wanted, "killed after commit {crash_at}");
        }
    }};
}

mod arms;
mod blocks;
mod parts;
