//! Transactions of steps, and runs that are started in other people's transactions.

use sqlx::postgres::{PgConnection, PgPool};
use sqlx::{AssertSqlSafe, Connection as _, Row as _, Transaction};

use super::error::translate;
use super::session::Session;
use super::write::Fenced;
use super::{alone, query, read};
use crate::protocol::commit::Commit;
use crate::protocol::id::Fence;
use crate::protocol::run::NewRun;
use crate::store::tx::{
    Lent, Started, Transacted, Verdict, Work, is_conflict, is_expired, is_loss,
};
use crate::store::{StoreError, check};

/// The server ended a transaction in which nothing was done for too long: this process was stopped
/// between the last statement and the commit, and did not lose its lease all the same.
const LATE: &str = "25P03";

type Result<T> = std::result::Result<T, sqlx::Error>;

/// Where steps get their transactions.
pub(super) struct Steps<'a> {
    pub(super) pool: &'a PgPool,
    /// Whether statements are prepared once and kept.
    pub(super) kept: bool,
    /// The SQL that begins one.
    pub(super) begin: String,
}

/// Takes a connection for as long as the transaction is open.
pub(super) async fn transact(
    steps: Steps<'_>,
    fence: &Fence,
    work: &mut dyn Work,
) -> std::result::Result<Transacted, StoreError> {
    let Steps { pool, kept, begin } = steps;
    let mut connection = pool.acquire().await.map_err(|error| translate(&error))?;
    let mut transaction = connection
        .begin_with(AssertSqlSafe(begin))
        .await
        .map_err(|error| translate(&error))?;
    let verdict = work.work(Lent::from(&mut *transaction)).await;
    match verdict {
        Verdict::Commit(commit) => finish(transaction, kept, fence, &commit).await,
        Verdict::Probe(commit) => probe(transaction, kept, fence, &commit).await,
        // Whatever goes wrong here: what is not committed is rolled back. But where the connection
        // was lost, that may be what went wrong before.
        Verdict::Rollback => Ok(match transaction.rollback().await {
            Err(error) if is_loss(&error) => repeat(&error),
            _ => Transacted::RolledBack,
        }),
        Verdict::Abandon => {
            drop(transaction);
            // Closed as it is: the server rolls back when it finds nobody there.
            drop(connection.detach());
            Ok(Transacted::RolledBack)
        }
    }
}

async fn finish(
    mut transaction: Transaction<'_, sqlx::Postgres>,
    kept: bool,
    fence: &Fence,
    commit: &Commit,
) -> std::result::Result<Transacted, StoreError> {
    match written(&mut transaction, kept, fence, commit).await? {
        Transacted::Stored => {}
        other => {
            drop(transaction.rollback().await);
            return Ok(other);
        }
    }
    Ok(match transaction.commit().await {
        Ok(()) => Transacted::Stored,
        Err(error) if is_conflict(&error) || code(&error) == LATE => {
            Transacted::Repeat(error.to_string())
        }
        Err(error) if is_definite(&error) => Transacted::Broken(error.to_string()),
        Err(error) => Transacted::Doubt(error.to_string()),
    })
}

async fn probe(
    mut transaction: Transaction<'_, sqlx::Postgres>,
    kept: bool,
    fence: &Fence,
    commit: &Commit,
) -> std::result::Result<Transacted, StoreError> {
    let written = written(&mut transaction, kept, fence, commit).await?;
    drop(transaction.rollback().await);
    Ok(match written {
        Transacted::Stored => Transacted::RolledBack,
        other => other,
    })
}

/// Writes a commit, and nothing where one of its rows is there already. `Stored` is not yet durable.
async fn written(
    connection: &mut PgConnection,
    kept: bool,
    fence: &Fence,
    commit: &Commit,
) -> std::result::Result<Transacted, StoreError> {
    if let Err(error) = check::batch(std::slice::from_ref(commit), check::LARGEST) {
        return Ok(Transacted::Broken(error.to_string()));
    }
    let mut session = Session { connection, kept };
    match alone::alone(&mut session, fence, commit).await {
        Ok(Ok(true)) => Ok(Transacted::Stored),
        Ok(Ok(false)) => Ok(Transacted::Stale),
        Ok(Err(Fenced)) => Err(StoreError::Fenced(fence.worker.clone())),
        Err(error) if is_conflict(&error) || is_loss(&error) => Ok(repeat(&error)),
        Err(error) if code(&error) == "25P02" => Ok(Transacted::Broken(
            "one of its SQL statements failed, and the rest went on as if it had not".to_owned(),
        )),
        Err(error) => match translate(&error) {
            StoreError::Unavailable(why) => Ok(Transacted::Repeat(why)),
            StoreError::Refused(why) => Ok(Transacted::Broken(why)),
            error => Err(error),
        },
    }
}

fn repeat(error: &sqlx::Error) -> Transacted {
    if is_expired(error) {
        Transacted::Expired(error.to_string())
    } else {
        Transacted::Repeat(error.to_string())
    }
}

fn code(error: &sqlx::Error) -> String {
    let database = error.as_database_error();
    let code = database.and_then(|error| error.code());
    code.map(std::borrow::Cow::into_owned).unwrap_or_default()
}

/// Whether a commit that ended with this error did not take place: the server says what is wrong
/// with the transaction, and not that it is going down.
fn is_definite(error: &sqlx::Error) -> bool {
    let code = code(error);
    let class = code.get(..2).unwrap_or_default();
    !class.is_empty() && !matches!(class, "08" | "53" | "57" | "58" | "XX")
}

/// Inserts a run that any worker may claim, in one round trip.
pub(in crate::store) async fn start_in(
    connection: &mut PgConnection,
    new: &NewRun,
    told: bool,
) -> Result<Started> {
    let row = sqlx::query(query::RUN_START)
        .bind(new.id.as_uuid())
        .bind(&*new.saga)
        .bind(new.key.as_deref())
        .bind(new.input.as_bytes())
        .bind(new.wake_at.map(|time| time.0))
        .bind(new.created_at.0)
        .bind(i16::from(new.priority))
        .bind(new.queue.as_deref().unwrap_or_default())
        .bind(told)
        .fetch_one(&mut *connection)
        .await?;
    if row.try_get("made")? {
        return Ok(Started::Made);
    }
    if row.try_get::<Option<uuid::Uuid>, _>(0)?.is_some() {
        return Ok(Started::Taken(Box::new(read::run_row(&row)?)));
    }
    // Whoever has the key committed it while the statement was under way.
    let key = new.key.as_deref().unwrap_or_default();
    let mut session = Session {
        connection,
        kept: true,
    };
    let holder = read::run_by_key(&mut session, &new.saga, key).await?;
    holder
        .map(|holder| Started::Taken(Box::new(holder)))
        .ok_or(sqlx::Error::RowNotFound)
}
