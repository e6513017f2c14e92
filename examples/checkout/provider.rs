//! The payment provider: another company, which knows nothing of the shop's transactions. It does
//! what it is asked once for each idempotency key, however often it is asked.
//!
//! It is played by two tables that are used through connections of their own.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use sqlx::PgPool;

pub(crate) struct Provider(pub(crate) PgPool);

#[derive(Clone, Debug, PartialEq, thiserror::Error, Serialize, Deserialize)]
pub(crate) enum ChargeError {
    #[error("the card was refused")]
    Refused,
    #[error("the payment provider is busy")]
    Busy,
}

impl ChargeError {
    /// Whether the same may succeed in a moment.
    pub(crate) const fn is_busy(&self) -> bool {
        matches!(self, Self::Busy)
    }
}

impl Provider {
    /// Charges a card for the purchase that the reference names.
    pub(crate) async fn charge(
        &self,
        key: &str,
        reference: &str,
        card: &str,
        cents: i64,
    ) -> Result<(), ChargeError> {
        let calls = self.note_call(key).await;
        match card {
            "refused" => return Err(ChargeError::Refused),
            "busy" if calls < 3 => return Err(ChargeError::Busy),
            _ => {}
        }
        let is_new = self.enter(key, reference, cents).await;
        if is_new && card == "silent" {
            // The money is taken, and the answer is lost.
            std::future::pending::<()>().await;
        }
        Ok(())
    }

    /// Gives back whatever was charged for this reference.
    pub(crate) async fn refund(&self, key: &str, reference: &str) {
        self.note_call(key).await;
        let charged = "select coalesce(sum(cents), 0)::bigint from provider.entry
                       where reference = $1 and key <> $2";
        let charged: i64 = answered(|| {
            let charged = sqlx::query_scalar(charged).bind(reference).bind(key);
            charged.fetch_one(&self.0)
        })
        .await;
        self.enter(key, reference, -charged).await;
    }

    /// How often it was called with this key.
    async fn note_call(&self, key: &str) -> i64 {
        let sql = "with call as (insert into provider.call (key) values ($1))
                   select count(*) + 1 from provider.call where key = $1";
        answered(|| sqlx::query_scalar(sql).bind(key).fetch_one(&self.0)).await
    }

    /// Does it, unless it was done; whether it was done now.
    async fn enter(&self, key: &str, reference: &str, cents: i64) -> bool {
        let sql = "insert into provider.entry (key, reference, cents) values ($1, $2, $3)
                   on conflict (key) do nothing";
        let entered = answered(|| {
            let enter = sqlx::query(sql).bind(key).bind(reference).bind(cents);
            enter.execute(&self.0)
        });
        entered.await.rows_affected() == 1
    }
}

/// Asks until there is an answer: without one nobody knows whether it was done. How long that may
/// take is the caller's business.
async fn answered<T, F>(ask: impl Fn() -> F) -> T
where
    F: Future<Output = Result<T, sqlx::Error>>,
{
    loop {
        if let Ok(answer) = ask().await {
            return answer;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
