//! The load: orders, each a saga that takes a deposit, sleeps, awaits the `checkout` of the other
//! example as a saga of its own, sleeps, and pays the deposit back.

use std::time::Duration;

use anyhow::Context as _;
use scoop::{Resource, Scoop, saga, step};

use super::order::{Order, OrderError};
use super::provider::Provider;
use super::shop::{checkout, key};

const ORDERS: &str = include_str!("../data/orders.jsonl");
const DEPOSIT: i64 = 5_00;

/// What an order costs. Where the checkout fails, it has undone itself, and the deposit is given back.
#[saga(name = "fulfil")]
pub(crate) async fn fulfil(order: Order) -> Result<i64, OrderError> {
    take_deposit(&order.id).await?;
    // Long enough to wait in the store, where whichever worker is there goes on with it.
    scoop::sleep(Duration::from_millis(700)).await;
    let cents = checkout(order.clone()).await?;
    // Short enough to wait in memory.
    scoop::sleep(Duration::from_millis(200)).await;
    pay_back(&order.id).await?;
    Ok(cents)
}

#[step(rollback = give_back)]
async fn take_deposit(order: &str, provider: Resource<Provider>) -> Result<(), OrderError> {
    let (key, deposit) = (key(), deposit(order));
    let charged = provider.charge(&key, &deposit, "ok", DEPOSIT).await;
    charged.map_err(|source| OrderError::NotPaid {
        customer: order.to_owned(),
        source,
    })
}

async fn give_back(order: &str, (): (), provider: Resource<Provider>) -> Result<(), OrderError> {
    provider.refund(&key(), &deposit(order)).await;
    Ok(())
}

#[step(retriable)]
async fn pay_back(order: &str, provider: Resource<Provider>) -> Result<(), OrderError> {
    provider.refund(&key(), &deposit(order)).await;
    Ok(())
}

fn deposit(order: &str) -> String {
    format!("deposit of {order}")
}

/// So many orders, whose ids begin like this.
pub(crate) fn orders(count: usize, prefix: &str) -> anyhow::Result<Vec<Order>> {
    let lines = ORDERS.lines().cycle().take(count).enumerate();
    let orders = lines.map(|(number, line)| {
        let mut order: Order = serde_json::from_str(line).context("examples/data/orders.jsonl")?;
        order.id = format!("{prefix}{number}");
        Ok(order)
    });
    orders.collect()
}

/// Starts them one after the other, in as long as this.
pub(crate) async fn start(
    scoop: Scoop,
    orders: Vec<Order>,
    within: Duration,
) -> anyhow::Result<()> {
    let count = u32::try_from(orders.len().max(1))?;
    let mut pace = tokio::time::interval((within / count).max(Duration::from_micros(1)));
    for order in orders {
        pace.tick().await;
        let id = order.id.clone();
        drop(scoop.start(fulfil(order)).id(id).await?);
    }
    Ok(())
}
