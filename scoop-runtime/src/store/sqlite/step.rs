//! Transactions of steps, and runs that are started in other people's transactions.

use sqlx::sqlite::{SqliteConnection, SqlitePool};
use sqlx::{Connection as _, Transaction};

use super::{read, write};
use crate::protocol::commit::{Commit, Committed};
use crate::protocol::id::Fence;
use crate::protocol::run::NewRun;
use crate::store::apply;
use crate::store::check;
use crate::store::tx::{Lent, Started, Transacted, Verdict, Work, is_conflict};

type Result<T> = std::result::Result<T, sqlx::Error>;

/// What a transaction came to, or that this worker was declared dead.
pub(super) enum End {
    Transacted(Transacted),
    Fenced,
}

/// Takes a connection for as long as the transaction is open. An error means that it left nothing.
pub(super) async fn transact(pool: &SqlitePool, fence: &Fence, work: &mut dyn Work) -> Result<End> {
    let mut connection = pool.acquire().await?;
    // From the beginning with the right to write: nobody else can come between.
    let mut transaction = connection.begin_with("begin immediate").await?;
    let verdict = work.work(Lent::from(&mut *transaction)).await;
    match verdict {
        Verdict::Commit(commit) => finish(transaction, fence, &commit).await,
        Verdict::Probe(commit) => {
            let written = written(&mut transaction, fence, &commit).await;
            drop(transaction.rollback().await);
            Ok(match written? {
                End::Transacted(Transacted::Stored) => End::Transacted(Transacted::RolledBack),
                other => other,
            })
        }
        Verdict::Rollback => {
            // Whatever goes wrong here: what is not committed is rolled back.
            drop(transaction.rollback().await);
            Ok(End::Transacted(Transacted::RolledBack))
        }
        Verdict::Abandon => {
            drop(transaction);
            drop(connection.detach());
            Ok(End::Transacted(Transacted::RolledBack))
        }
    }
}

async fn finish(
    mut transaction: Transaction<'_, sqlx::Sqlite>,
    fence: &Fence,
    commit: &Commit,
) -> Result<End> {
    match written(&mut transaction, fence, commit).await {
        Ok(End::Transacted(Transacted::Stored)) => {}
        Ok(other) => {
            drop(transaction.rollback().await);
            return Ok(other);
        }
        Err(error) if is_conflict(&error) => {
            drop(transaction.rollback().await);
            return Ok(End::Transacted(Transacted::Repeat(error.to_string())));
        }
        Err(error) => return Err(error),
    }
    Ok(End::Transacted(match transaction.commit().await {
        Ok(()) => Transacted::Stored,
        // Still open, and rolled back when it is dropped.
        Err(error) if is_conflict(&error) => Transacted::Repeat(error.to_string()),
        Err(error) if is_constraint(&error) => Transacted::Broken(error.to_string()),
        Err(error) => Transacted::Doubt(error.to_string()),
    }))
}

/// Writes a commit, and nothing where it is there already. `Stored` is not yet durable.
async fn written(connection: &mut SqliteConnection, fence: &Fence, commit: &Commit) -> Result<End> {
    if let Err(error) = check::batch(std::slice::from_ref(commit), check::LARGEST) {
        return Ok(End::Transacted(Transacted::Broken(error.to_string())));
    }
    if !write::guard(connection, fence).await? {
        return Ok(End::Fenced);
    }
    for row in &commit.rows {
        if read::row(&mut *connection, commit.run, row)
            .await?
            .is_some()
        {
            return Ok(End::Transacted(Transacted::Stale));
        }
    }
    let committed = write::commit(connection, fence, commit).await?;
    Ok(End::Transacted(match committed {
        Committed::Stored | Committed::StoredAndWoke => Transacted::Stored,
        Committed::KeyTaken(_) | Committed::Stale => Transacted::Stale,
    }))
}

fn is_constraint(error: &sqlx::Error) -> bool {
    let database = error.as_database_error();
    let code = database.and_then(|error| error.code());
    code.and_then(|code| code.parse().ok())
        .is_some_and(|code: i32| code & 0xff == 19)
}

/// Inserts a run that a worker will claim.
pub(in crate::store) async fn start_in(
    connection: &mut SqliteConnection,
    new: &NewRun,
) -> Result<Started> {
    if write::insert(connection, &apply::unowned(new)).await? {
        return Ok(Started::Made);
    }
    let key = new.key.as_deref().unwrap_or_default();
    let holder = read::run_by_key(connection, &new.saga, key).await?;
    holder
        .map(|holder| Started::Taken(Box::new(holder)))
        .ok_or(sqlx::Error::RowNotFound)
}
