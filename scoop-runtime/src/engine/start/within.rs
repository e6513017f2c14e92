//! Starting a saga in a transaction of the caller's.

use std::sync::Arc;
use std::time::SystemTime;

use super::{Start, new_run, same_run};
use crate::engine::Trouble;
use crate::engine::limits::Limits;
use crate::environment;
use crate::handle::Handle;
use crate::operation::{Saga, SagaCall};
use crate::protocol::id::RunId;
use crate::protocol::run::NewRun;
use crate::protocol::timestamp::Timestamp;
use crate::store::tx::{Lent, Started};

impl<S: Saga> Start<S> {
    /// Starts in a transaction of the caller's, with one statement: the run exists if and only if
    /// that transaction commits. A worker hears of it, or finds it within seconds, and runs it; the body does not
    /// begin here.
    ///
    /// `transaction` is a `&mut sqlx::Transaction<'_, _>`, or a step's own `&mut *tx`, on the
    /// database of the runtime's store.
    ///
    /// ```
    /// # use scoop_runtime::operation::{Saga, SagaCall};
    /// # #[cfg(feature = "postgres")]
    /// # async fn example<S: Saga>(
    /// #     scoop: scoop_runtime::engine::Scoop,
    /// #     pool: sqlx::PgPool,
    /// #     call: SagaCall<S>,
    /// # ) -> Result<(), Box<dyn std::error::Error>> {
    /// let mut tx = pool.begin().await?;
    /// let insert = sqlx::query("insert into orders (id) values ('o-1')");
    /// insert.execute(&mut *tx).await?;
    /// let run = scoop.start(call).id("o-1").start_in(&mut tx).await?;
    /// tx.commit().await?;
    /// println!("run {} exists, as the order does", run.id());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As when awaited; and where the statement fails, or the transaction is one of another kind of
    /// database. After a statement that failed the transaction is to be rolled back; after
    /// [`Trouble::OtherInput`] it can still be used.
    pub async fn start_in<'t>(
        self,
        transaction: impl Into<Lent<'t>>,
    ) -> Result<Handle<S>, Trouble> {
        let mut lent = transaction.into();
        let engine = Arc::clone(self.scoop.engine());
        if engine.is_stopped() {
            return Err(Trouble::NotStarted);
        }
        let found = lent
            .database()
            .filter(|found| Some(*found) != engine.store.database());
        if let Some(found) = found {
            return Err(Trouble::OtherDatabase {
                saga: S::descriptor().description.saga.to_owned(),
                found,
                store: engine.store.name(),
            });
        }
        let scoop = self.scoop.clone();
        let new = self.new_run()?;
        let run = within::<S>(&mut lent, new, engine.hints.is_on()).await?;
        Ok(Handle::new(scoop, run))
    }
}

/// Starts a saga in a transaction of the caller's, from code that has no runtime: the run exists if
/// and only if that transaction commits, and a worker on the same database will run it.
///
/// `transaction` is a `&mut sqlx::Transaction<'_, _>`, or a step's own `&mut *tx`; the tables of the
/// store have to be there. Starting under one id twice is the same run.
///
/// ```
/// # use scoop_runtime::engine as scoop;
/// # use scoop_runtime::operation::{Saga, SagaCall};
/// # #[cfg(feature = "postgres")]
/// # async fn example<S: Saga>(
/// #     pool: sqlx::PgPool,
/// #     call: SagaCall<S>,
/// # ) -> Result<(), Box<dyn std::error::Error>> {
/// let mut tx = pool.begin().await?;
/// let insert = sqlx::query("insert into orders (id) values ('o-1')");
/// insert.execute(&mut *tx).await?;
/// scoop::start_in(&mut tx, call, "o-1").await?;
/// tx.commit().await?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// When the id is too long, has another input already, or the statement fails: then the transaction
/// is to be rolled back.
pub async fn start_in<'t, S: Saga>(
    transaction: impl Into<Lent<'t>>,
    call: SagaCall<S>,
    id: impl Into<String>,
) -> Result<RunId, Trouble> {
    let (now, uuid) = (Timestamp::from(SystemTime::now()), environment::new_uuid());
    let new = new_run(
        call,
        Some(id.into()),
        Limits::default().payload,
        (now, uuid),
    )?;
    within::<S>(&mut transaction.into(), new, true).await
}

async fn within<S: Saga>(lent: &mut Lent<'_>, new: NewRun, told: bool) -> Result<RunId, Trouble> {
    match lent.start(&new, told).await? {
        Started::Made => Ok(new.id),
        Started::Taken(other) => same_run::<S>(&other, &new.input),
    }
}
