//! The saga, its steps and their rollbacks. What they write with their `tx` is committed together
//! with their own outcome: exactly once. The payment provider is asked at least once, always under
//! one key.

use scoop::{Outcome, Postgres, Resource, Tx, saga, step};
use sqlx::{query, query_scalar};

use super::order::{Item, Order, OrderError};
use super::provider::{ChargeError, Provider};

/// Reserves all that is ordered, charges the card and ships. What it returns was paid.
#[saga(name = "checkout")]
pub(crate) async fn checkout(order: Order) -> Result<i64, OrderError> {
    let mut cents = 0;
    for item in &order.items {
        cents += reserve(&order.id, item).await?;
    }
    let receipt = charge(&order, cents)
        .await
        .map_err(|source| OrderError::NotPaid {
            customer: order.customer.clone(),
            source,
        })?;
    record_payment(&order.id, &receipt, cents).await?;
    ship(&order).await?;
    Ok(cents)
}

/// Takes an item out of the stock, and gives back what it costs.
#[step(rollback = put_back)]
async fn reserve(order: &str, item: &Item, tx: &mut Tx<'_, Postgres>) -> Result<i64, OrderError> {
    let take = "update checkout.stock set pieces = pieces - $2
                where article = $1 and pieces >= $2 returning cents * $2";
    let take = query_scalar(take).bind(&item.article).bind(item.pieces);
    let Some(cents) = take.fetch_optional(&mut *tx).await? else {
        let article = item.article.clone();
        return Err(OrderError::SoldOut { article });
    };
    note_movement(order, &item.article, -item.pieces, tx).await?;
    Ok(cents)
}

async fn put_back(
    order: &str,
    item: &Item,
    _cents: i64,
    tx: &mut Tx<'_, Postgres>,
) -> Result<(), OrderError> {
    let put = "update checkout.stock set pieces = pieces + $2 where article = $1";
    let put = query(put).bind(&item.article).bind(item.pieces);
    put.execute(&mut *tx).await?;
    note_movement(order, &item.article, item.pieces, tx).await?;
    Ok(())
}

async fn note_movement(
    order: &str,
    article: &str,
    pieces: i64,
    tx: &mut Tx<'_, Postgres>,
) -> Result<(), sqlx::Error> {
    let note = "insert into checkout.movement (order_id, article, pieces) values ($1, $2, $3)";
    let note = query(note).bind(order).bind(article).bind(pieces);
    note.execute(&mut *tx).await.map(drop)
}

/// The one step outside of the database. It may be begun again, but always with the same key, which
/// is the receipt, too. A provider that does not answer in time is asked again.
#[step(
    rollback = refund,
    timeout = "2s",
    retry(forever, backoff = "10ms..1s", on = ChargeError::is_busy),
    undo(retry(forever, backoff = "10ms..1s"))
)]
async fn charge(
    order: &Order,
    cents: i64,
    provider: Resource<Provider>,
) -> Result<String, ChargeError> {
    let key = key();
    provider.charge(&key, &order.id, &order.card, cents).await?;
    Ok(key)
}

/// Perhaps nobody knows whether the card was charged; the provider does.
async fn refund(
    order: &Order,
    _cents: i64,
    _receipt: Outcome<String>,
    provider: Resource<Provider>,
) -> Result<(), ChargeError> {
    provider.refund(&key(), &order.id).await;
    Ok(())
}

/// The same whenever this step, or this rollback, of this order is begun.
pub(crate) fn key() -> String {
    let context = scoop::context().expect("it runs in a saga");
    context.idempotency_key()
}

#[step(rollback = record_refund)]
async fn record_payment(
    order: &str,
    receipt: &str,
    cents: i64,
    tx: &mut Tx<'_, Postgres>,
) -> Result<(), OrderError> {
    Ok(note_payment(order, receipt, cents, tx).await?)
}

async fn record_refund(
    order: &str,
    receipt: &str,
    cents: i64,
    _paid: (),
    tx: &mut Tx<'_, Postgres>,
) -> Result<(), OrderError> {
    Ok(note_payment(order, receipt, -cents, tx).await?)
}

async fn note_payment(
    order: &str,
    receipt: &str,
    cents: i64,
    tx: &mut Tx<'_, Postgres>,
) -> Result<(), sqlx::Error> {
    let note = "insert into checkout.payment (order_id, receipt, cents) values ($1, $2, $3)";
    let note = query(note).bind(order).bind(receipt).bind(cents);
    note.execute(&mut *tx).await.map(drop)
}

/// Hands everything to the carrier. There is no way back from here.
#[step(pivot)]
async fn ship(order: &Order, tx: &mut Tx<'_, Postgres>) -> Result<(), OrderError> {
    let sql = "insert into checkout.shipment (order_id, article, pieces) values ($1, $2, $3)";
    for item in &order.items {
        let ship = query(sql).bind(&order.id).bind(&item.article);
        ship.bind(item.pieces).execute(&mut *tx).await?;
    }
    if order.place == "Atlantis" {
        // What was written above is not committed.
        let place = order.place.clone();
        return Err(OrderError::NoDelivery { place });
    }
    Ok(())
}
