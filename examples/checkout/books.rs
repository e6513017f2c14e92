//! Whether the books balance, as an auditor sees it: one look at all tables at once.

use std::fmt;

use anyhow::Context as _;
use serde::Deserialize;
use sqlx::PgPool;

/// Sums over all orders that there are, and how many of their entries do not fit together.
#[derive(Debug, PartialEq, Deserialize)]
pub(crate) struct Books {
    /// In pieces.
    at_start: i64,
    in_stock: i64,
    shipped: i64,
    /// In cents: what was shipped, paid, and charged without what was refunded.
    sold: i64,
    paid: i64,
    charged: i64,
    /// How often the provider was asked for something, and how often it did it.
    calls: i64,
    entries: i64,
    /// Articles and orders for which the above does not hold one by one.
    bad_articles: i64,
    bad_orders: i64,
}

const BOOKS: &str = include_str!("books.sql");

impl Books {
    pub(crate) async fn read(pool: &PgPool) -> anyhow::Result<Self> {
        let books: String = sqlx::query_scalar(BOOKS).fetch_one(pool).await?;
        serde_json::from_str(&books).context(BOOKS)
    }

    pub(crate) const fn balance(&self) -> bool {
        self.at_start == self.in_stock + self.shipped
            && self.sold == self.paid
            && self.paid == self.charged
            && self.bad_articles == 0
            && self.bad_orders == 0
    }
}

impl fmt::Display for Books {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            at_start,
            in_stock,
            shipped,
            sold,
            paid,
            charged,
            calls,
            entries,
            bad_articles,
            bad_orders,
        } = self;
        writeln!(
            f,
            "stock: {at_start} at the start = {in_stock} now + {shipped} shipped"
        )?;
        writeln!(
            f,
            "cents: {sold} shipped = {paid} paid = {charged} charged and not refunded"
        )?;
        write!(f, "provider: asked {calls} times, acted {entries} times")?;
        if bad_articles + bad_orders > 0 {
            write!(
                f,
                "\n{bad_articles} articles and {bad_orders} orders do not add up"
            )?;
        }
        Ok(())
    }
}
