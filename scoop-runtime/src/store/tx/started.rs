//! Starting a run in somebody else's transaction: one statement.

use super::Lent;
use crate::protocol::run::NewRun;
use crate::store::StoreError;

/// What came of it.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(
    not(any(feature = "postgres", feature = "sqlite")),
    expect(dead_code, reason = "nothing can be started there")
)]
pub(crate) enum Started {
    /// The run exists if the transaction commits.
    Made,
    /// Another run has its key.
    Taken(Box<crate::protocol::run::RunRow>),
}

impl Lent<'_> {
    /// Inserts a run that any worker may claim. Whether other processes are told, where the store tells
    /// them anything.
    #[cfg_attr(
        not(feature = "postgres"),
        expect(unused_variables, reason = "nobody is told there")
    )]
    pub(crate) async fn start(&mut self, new: &NewRun, told: bool) -> Result<Started, StoreError> {
        #[cfg(feature = "postgres")]
        if let Some(tx) = self.postgres() {
            return match crate::store::postgres::start_in(tx.connection(), new, told).await {
                Ok(started) => Ok(started),
                Err(error) => {
                    self.noted().note(&error);
                    Err(crate::store::postgres::translate(error))
                }
            };
        }
        #[cfg(feature = "sqlite")]
        if let Some(tx) = self.sqlite() {
            return match crate::store::sqlite::start_in(tx.connection(), new).await {
                Ok(started) => Ok(started),
                Err(error) => {
                    self.noted().note(&error);
                    Err(crate::store::sqlite::translate(&error))
                }
            };
        }
        Err(StoreError::Unusable(format!(
            "a run of `{}` cannot be started in this transaction: this program was built without a \
             database",
            new.saga
        )))
    }
}
