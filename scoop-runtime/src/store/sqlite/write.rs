//! What a transaction does: commits of runs, claims. Knows rows, not connections.

use sqlx::Row as _;
use sqlx::sqlite::SqliteConnection;

use super::{query, read, rest};
use crate::codec::Stored;
use crate::protocol::checkpoint::CheckpointRow;
use crate::protocol::commit::{Commit, Committed};
use crate::protocol::id::{Fence, RunId};
use crate::protocol::run::{RunRow, RunStatus, RunUpdate};
use crate::store::{Claim, Removal, apply};

type Result<T> = std::result::Result<T, sqlx::Error>;

/// Whether the fence is the current life of its worker.
pub(super) async fn guard(connection: &mut SqliteConnection, fence: &Fence) -> Result<bool> {
    let lives: i64 = sqlx::query_scalar(query::WORKER_GUARD)
        .bind(&*fence.worker.0)
        .bind(fence.epoch)
        .fetch_one(connection)
        .await?;
    Ok(lives == 1)
}

/// Writes one run's commit.
pub(super) async fn commit(
    connection: &mut SqliteConnection,
    fence: &Fence,
    commit: &Commit,
) -> Result<Committed> {
    if let Some(new) = &commit.create {
        let row = apply::created(new, commit, fence);
        if insert(connection, &row).await? {
            append_all(connection, commit, &commit.rows, None).await?;
            return Ok(Committed::Stored);
        }
        if read::run(&mut *connection, new.id).await?.is_none() {
            return taken(connection, &row).await;
        }
        if commit.rows.is_empty() {
            return Ok(Committed::Stored);
        }
    }
    advance(connection, fence, commit).await
}

/// Takes runs that nobody has.
pub(super) async fn claim(
    connection: &mut SqliteConnection,
    fence: &Fence,
    claim: &Claim,
) -> Result<Vec<RunRow>> {
    let rows = sqlx::query(query::RUN_CLAIM)
        .bind(&*fence.worker.0)
        .bind(fence.epoch)
        .bind(claim.limit)
        .bind(claim.sagas.as_deref().map(read::texts))
        .bind(read::ids(&claim.except))
        .bind(claim.now.0)
        .fetch_all(connection)
        .await?;
    let mut runs = rows.iter().map(read::run_row).collect::<Result<Vec<_>>>()?;
    // `returning` gives them in any order.
    runs.sort_by_key(|run| run.id);
    Ok(runs)
}

async fn taken(connection: &mut SqliteConnection, row: &RunRow) -> Result<Committed> {
    let key = row.key.as_deref().unwrap_or_default();
    let holder = read::run_by_key(connection, &row.saga, key).await?;
    holder
        .map(|holder| Committed::KeyTaken(Box::new(holder)))
        .ok_or(sqlx::Error::RowNotFound)
}

/// The first row goes in only where the run has the expected status and the row is not there: then
/// all is as it should be, in two statements.
async fn advance(
    connection: &mut SqliteConnection,
    fence: &Fence,
    commit: &Commit,
) -> Result<Committed> {
    let rows = match commit.rows.split_first() {
        Some((first, rest)) if append(connection, commit, first, Some(&commit.update)).await? => {
            rest
        }
        Some(_) if resent(connection, commit).await? => return Ok(Committed::Stored),
        _ => &commit.rows,
    };
    let Some(woke) = update(connection, fence, commit).await? else {
        return Ok(Committed::Stale);
    };
    // The update may have changed the status, so that it is no longer the expected one.
    append_all(connection, commit, rows, None).await?;
    Ok(if woke {
        Committed::StoredAndWoke
    } else {
        Committed::Stored
    })
}

async fn resent(connection: &mut SqliteConnection, commit: &Commit) -> Result<bool> {
    for row in &commit.rows {
        if read::row(&mut *connection, commit.run, row).await?.as_ref() != Some(row) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Nothing where the run does not stand as expected; else whether the one above is due now.
async fn update(
    connection: &mut SqliteConnection,
    fence: &Fence,
    commit: &Commit,
) -> Result<Option<bool>> {
    let RunUpdate {
        expect,
        status,
        wake_at,
        output,
        failure,
        finished_at,
        owned,
        cancel,
        unless_cancelled,
        released,
        absent,
    } = &commit.update;
    let advances = RunUpdate {
        expect: *expect,
        ..RunUpdate::default()
    } == commit.update;
    let query = |sql| {
        sqlx::query(sql)
            .bind(id(commit.run))
            .bind(expect.map(number))
            .bind(apply::newest(commit).0)
    };
    if advances {
        let done = query(query::RUN_ADVANCE).execute(connection).await?;
        return Ok((done.rows_affected() == 1).then_some(false));
    }
    // 1, set to what follows; 2, nobody's where it is what follows; 0, as it was.
    let change = match (released, owned) {
        (true, _) => 2,
        (false, Some(_)) => 1,
        (false, None) => 0,
    };
    let (owner, epoch) = apply::owner(*released || *owned == Some(true), fence);
    let updated = query(query::RUN_UPDATE)
        .bind(status.map(number))
        .bind(wake_at.is_some())
        .bind(wake_at.flatten().map(|time| time.0))
        .bind(bytes(output.as_ref()))
        .bind(bytes(failure.as_ref()))
        .bind(finished_at.map(|time| time.0))
        .bind(change)
        .bind(owner.map(|owner| owner.0))
        .bind(epoch)
        .bind(cancel.as_deref())
        .bind(unless_cancelled)
        .bind(absent)
        .fetch_optional(&mut *connection)
        .await?;
    let Some(updated) = updated else {
        return Ok(None);
    };
    match updated.try_get(0)? {
        Some(above) => rest::wake(connection, above, updated.try_get(1)?)
            .await
            .map(Some),
        None => Ok(Some(false)),
    }
}

pub(super) async fn insert(connection: &mut SqliteConnection, run: &RunRow) -> Result<bool> {
    let done = sqlx::query(query::RUN_INSERT)
        .bind(id(run.id))
        .bind(&*run.saga)
        .bind(run.key.as_deref())
        .bind(run.input.as_bytes())
        .bind(number(run.status))
        .bind(run.owner.as_ref().map(|owner| &*owner.0))
        .bind(run.epoch)
        .bind(run.wake_at.map(|time| time.0))
        .bind(run.pending_children)
        .bind(run.cancel.is_some())
        .bind(run.seq.0)
        .bind(bytes(run.output.as_ref()))
        .bind(bytes(run.failure.as_ref()))
        .bind(run.created_at.0)
        .bind(run.finished_at.map(|time| time.0))
        .bind(run.parent.map(id))
        .bind(run.depth)
        .bind(run.priority)
        .bind(run.queue.as_deref().unwrap_or_default())
        .execute(connection)
        .await?;
    Ok(done.rows_affected() == 1)
}

async fn append_all(
    connection: &mut SqliteConnection,
    commit: &Commit,
    rows: &[CheckpointRow],
    expected: Option<&RunUpdate>,
) -> Result<()> {
    for row in rows {
        append(connection, commit, row, expected).await?;
    }
    Ok(())
}

async fn append(
    connection: &mut SqliteConnection,
    commit: &Commit,
    row: &CheckpointRow,
    expected: Option<&RunUpdate>,
) -> Result<bool> {
    let done = sqlx::query(query::ROW_APPEND)
        .bind(id(commit.run))
        .bind(row.seq.0)
        .bind(&*row.part.0)
        .bind(row.direction as i64)
        .bind(row.kind as i64)
        .bind(&*row.point)
        .bind(row.operation.as_deref())
        .bind(bytes(row.arguments.as_ref()))
        .bind(bytes(row.frame.as_ref()))
        .bind(bytes(row.outcome.as_ref()))
        .bind(row.created_at.0)
        .bind(expected.and_then(|update| update.expect).map(number))
        .bind(expected.is_some_and(|update| update.unless_cancelled))
        .execute(connection)
        .await?;
    Ok(done.rows_affected() == 1)
}

fn id(run: RunId) -> Vec<u8> {
    read::id(run)
}

const fn number(status: RunStatus) -> i64 {
    status as i64
}

fn bytes(value: Option<&Stored>) -> Option<&[u8]> {
    value.map(Stored::as_bytes)
}

/// Removes finished runs. How many, not counting those below them.
pub(super) async fn remove(connection: &mut SqliteConnection, removal: &Removal) -> Result<u64> {
    let roots: Vec<Vec<u8>> = sqlx::query_scalar(query::RUNS_OLD)
        .bind(removal.ended_before.0)
        .bind(removal.saga.as_deref())
        .bind(removal.limit)
        .bind(removal.only.as_deref().map(read::ids))
        .bind(i64::try_from(removal.keep).unwrap_or(i64::MAX))
        .bind(serde_json::json!(removal.except).to_string())
        .fetch_all(&mut *connection)
        .await?;
    for root in &roots {
        sqlx::query(query::RUN_REMOVE)
            .bind(root)
            .execute(&mut *connection)
            .await?;
    }
    Ok(roots.len() as u64)
}
