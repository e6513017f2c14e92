//! What generated programs use: types, steps that record their effects, and the traces.

use std::collections::BTreeMap;
use std::sync::Mutex;

#[cfg(feature = "saga")]
use serde::{Deserialize, Serialize};

#[path = "plan.rs"]
pub mod plan;

macro_rules! stored {
    ($($item:item)*) => {$(
        #[derive(Clone, Debug, PartialEq)]
        #[cfg_attr(feature = "saga", derive(Serialize, Deserialize))]
        $item
    )*};
}

stored! {
    pub struct Fault { pub code: i64 }
    pub struct Address { pub city: String, pub zip: i64 }
    pub struct Item { pub sku: String, pub count: i64 }
    pub enum Ship { Air(i64), Sea { port: String, days: i64 }, Pickup }
    pub struct Order {
        pub name: String,
        pub qty: i64,
        pub tags: Vec<String>,
        pub items: Vec<Item>,
        pub ship: Ship,
        pub gift: Option<String>,
        pub address: Address,
    }
    #[derive(Copy)]
    pub struct Point { pub x: i64, pub y: i64 }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "fault {}", self.code)
    }
}

impl std::error::Error for Fault {}

// A key is the id of a test run times `KEYS`, plus a number that is unique in the program: so a
// late effect of another run can never get into this one's trace.
pub const KEYS: i64 = 1000;

static TRACES: Mutex<BTreeMap<i64, Vec<Effect>>> = Mutex::new(BTreeMap::new());

/// What was done, by the number of its key.
#[derive(Clone, Debug, PartialEq)]
pub struct Effect {
    pub key: i64,
    /// Whether it was no step.
    pub is_plain: bool,
    pub text: String,
}

pub(crate) fn record(kind: &str, key: i64, value: impl std::fmt::Debug) {
    let number = key % KEYS;
    let (is_plain, text) = (kind == "plain ", format!("{kind}{number} {value:?}"));
    let effect = Effect { key: number, is_plain, text };
    TRACES.lock().unwrap().entry(key / KEYS).or_default().push(effect);
}

/// Takes what the test run of this id did.
pub fn take_trace(t: i64) -> Vec<Effect> {
    TRACES.lock().unwrap().remove(&(t / KEYS)).unwrap_or_default()
}

pub fn pl(key: i64, value: i64) -> i64 {
    record("plain ", key, value);
    value
}

pub fn f3(a: i64, b: i64, c: i64) -> i64 {
    a.wrapping_mul(7).wrapping_add(b.wrapping_mul(3)).wrapping_add(c) % 10007
}

pub fn opt(value: i64) -> Option<i64> {
    if value % 4 == 3 { None } else { Some(value % 100) }
}

pub fn digest(text: &str) -> i64 {
    text.bytes().fold(7, |sum, byte| (sum * 31 + i64::from(byte)) % 10007)
}

pub fn tagged(text: &str, value: i64) -> i64 {
    (digest(text) ^ value) % 10007
}

pub fn total(values: &[i64]) -> i64 {
    values.iter().fold(0, |sum, value| (sum * 3 + value % 1000) % 10007)
}

pub fn short(mut values: Vec<i64>) -> Vec<i64> {
    values.truncate(3);
    values
}

pub fn clip(text: &str) -> &str {
    &text[..text.len().min(6)]
}

pub fn sample(value: i64) -> Order {
    let number = value.rem_euclid(50);
    Order {
        name: format!("name{number}"),
        qty: number,
        tags: vec![format!("tag{}", number % 7), "blue".to_string()],
        items: (0..number % 4).map(|n| Item { sku: format!("sku{n}"), count: n + number }).collect(),
        ship: match number % 3 {
            0 => Ship::Air(number),
            1 => Ship::Sea { port: format!("port{number}"), days: number % 5 },
            _ => Ship::Pickup,
        },
        gift: (number % 2 == 0).then(|| format!("gift{number}")),
        address: Address { city: format!("city{}", number % 3), zip: number * 11 },
    }
}

macro_rules! steps {
    ($(#[$attribute:meta])?) => {
        $(#[$attribute])?
        pub async fn val(key: i64, value: i64) -> i64 {
            record("val ", key, value);
            value.wrapping_add(key % KEYS) % 10007
        }

        $(#[$attribute])?
        pub async fn may(key: i64, value: i64) -> Result<i64, Fault> {
            record("may ", key, value);
            if value % 17 == 16 { Err(Fault { code: key % KEYS }) } else { Ok(value % 1000) }
        }

        $(#[$attribute])?
        pub async fn text(key: i64, value: &str) -> String {
            record("text ", key, value);
            format!("t{}", digest(value) + key % KEYS)
        }

        $(#[$attribute])?
        pub async fn own(key: i64, value: String) -> String {
            record("own ", key, &value);
            format!("{}{}", clip(&value), key % KEYS)
        }

        $(#[$attribute])?
        pub async fn maybe(key: i64, value: i64) -> Option<i64> {
            record("maybe ", key, value);
            if value % 5 == 4 { None } else { Some(value % 100) }
        }

        $(#[$attribute])?
        pub async fn order(key: i64, value: i64) -> Order {
            record("order ", key, value);
            sample(value.wrapping_add(key % KEYS))
        }
    };
}

// A saga among others: two steps, and a nap between them.
macro_rules! sagas {
    ($(#[$attribute:meta])? $nap:ty) => {
        $(#[$attribute])?
        pub async fn ferry(key: i64, other: i64, value: i64, rest: $nap) -> i64 {
            let first = put(key, value).await;
            sleep(rest).await;
            put(other, first).await
        }
    };
}

fn done(kind: &str, key: i64, value: i64) -> i64 {
    record(kind, key, value);
    value.wrapping_add(key % KEYS) % 10007
}

fn laid(key: i64, value: i64) -> Result<i64, Fault> {
    record("lay ", key, value);
    if value % 17 == 16 { Err(Fault { code: key % KEYS }) } else { Ok(value % 1000) }
}

/// The steps as ordinary functions.
pub mod plain {
    use super::*;
    use super::plan::{plan, Done};
    pub use super::plan::{late, nap, sleep, timeout, Nap};
    pub(crate) use crate::{plain_join as join, plain_race as race, plain_try_join as try_join};
    steps!();
    sagas!(Nap);

    pub async fn put(key: i64, value: i64) -> i64 {
        plan(Done::Step(key, value));
        done("put ", key, value)
    }

    pub async fn lay(key: i64, value: i64) -> Result<i64, Fault> {
        let laid = laid(key, value);
        if laid.is_ok() {
            plan(Done::Step(key, value));
        }
        laid
    }

    pub async fn sign(key: i64, value: i64) -> i64 {
        plan(Done::Pivot);
        done("sign ", key, value)
    }
}

// All operations are there before the first of them begins. Then one is done after the other.
#[macro_export]
macro_rules! plain_join {
    ($a:expr $(,)?) => { ($a.await,) };
    ($a:expr, $b:expr $(,)?) => { $crate::kit::both($a, $b).await };
    ($a:expr, $b:expr, $c:expr $(,)?) => { $crate::kit::all($a, $b, $c).await };
}

// All of them end, whatever became of the others.
#[macro_export]
macro_rules! plain_try_join {
    ($a:expr $(,)?) => { $a.await.map(|a| (a,)) };
    ($a:expr, $b:expr $(,)?) => {
        match $crate::kit::both($a, $b).await {
            (Ok(a), Ok(b)) => Ok((a, b)),
            (Err(error), _) | (_, Err(error)) => Err(error),
        }
    };
    ($a:expr, $b:expr, $c:expr $(,)?) => {
        match $crate::kit::all($a, $b, $c).await {
            (Ok(a), Ok(b), Ok(c)) => Ok((a, b, c)),
            (Err(error), _, _) | (_, Err(error), _) | (_, _, Err(error)) => Err(error),
        }
    };
}

pub async fn both<A: Future, B: Future>(a: A, b: B) -> (A::Output, B::Output) {
    (a.await, b.await)
}

pub async fn all<A: Future, B: Future, C: Future>(
    a: A,
    b: B,
    c: C,
) -> (A::Output, B::Output, C::Output) {
    (a.await, b.await, c.await)
}

/// The steps as steps.
#[cfg(feature = "saga")]
pub mod durable {
    use super::*;
    use scoop::Outcome;
    pub use scoop::{join, race, sleep, timeout, try_join};
    use std::time::Duration;
    steps!(#[scoop::step(read_only)]);
    sagas!(#[scoop::saga] Duration);

    #[scoop::step(rollback = undo_put)]
    pub async fn put(key: i64, value: i64) -> i64 {
        done("put ", key, value)
    }

    async fn undo_put(key: i64, value: i64, _: Outcome<i64>) -> Result<(), Fault> {
        record("undo ", key, value);
        Ok(())
    }

    // Its rollback takes no `Outcome`: after a crash in an attempt its `Err` would leave that in doubt.
    #[scoop::step(rollback = undo_lay)]
    pub async fn lay(key: i64, value: i64) -> Result<i64, Fault> {
        laid(key, value)
    }

    async fn undo_lay(key: i64, value: i64, _: i64) -> Result<(), Fault> {
        record("undo ", key, value);
        Ok(())
    }

    #[scoop::step(pivot)]
    pub async fn sign(key: i64, value: i64) -> i64 {
        done("sign ", key, value)
    }

    /// So long that all naps of the levels below fit into it many times; of the last level years.
    pub fn nap(level: u32) -> Duration {
        Duration::from_secs(300_u64.pow(level.min(4)))
    }

    pub fn late(level: u32) -> Duration {
        nap(level)
    }
}
