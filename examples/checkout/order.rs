//! What is ordered, and why an order can fail.

use serde::{Deserialize, Serialize};

use super::provider::ChargeError;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Order {
    pub(crate) id: String,
    pub(crate) customer: String,
    pub(crate) items: Vec<Item>,
    pub(crate) card: String,
    pub(crate) place: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Item {
    pub(crate) article: String,
    pub(crate) pieces: i64,
}

#[derive(Clone, Debug, PartialEq, thiserror::Error, Serialize, Deserialize)]
pub(crate) enum OrderError {
    #[error("{article} is sold out")]
    SoldOut { article: String },
    #[error("{customer} cannot pay")]
    NotPaid {
        customer: String,
        source: ChargeError,
    },
    #[error("nobody delivers to {place}")]
    NoDelivery { place: String },
    #[error("the shop's database: {0}")]
    Database(String),
}

/// Its text: an `sqlx::Error` cannot be stored. Deadlocks and lost connections do not come this far,
/// whatever a step returns then: it is run again.
impl From<sqlx::Error> for OrderError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.to_string())
    }
}
