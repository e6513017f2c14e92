//! The example `checkout` as real processes: killed, stopped, continued, without their server for a
//! while. What its steps write is there exactly once, and its books balance.

#![cfg(all(unix, feature = "postgres"))]
#![allow(clippy::unwrap_used)]

#[path = "../../examples/checkout/books.rs"]
#[allow(dead_code)]
mod books;
#[path = "../../examples/workers/chance.rs"]
mod chance;
#[path = "../support/example.rs"]
mod example;
#[path = "../../examples/checkout/order.rs"]
mod order;
#[path = "../sweep/point.rs"]
#[allow(dead_code)]
mod point;
#[path = "../support/probe.rs"]
mod probe;
#[path = "../../examples/workers/process.rs"]
#[allow(dead_code)]
mod process;
#[path = "../../examples/checkout/provider.rs"]
mod provider;
#[path = "../../examples/checkout/shop.rs"]
mod shop;

mod chaos;
mod facts;
mod killed;
mod life;
mod place;
mod restarted;
mod stopped;
mod sweep;
mod worker;
