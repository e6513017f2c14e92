//! One commit by itself, as in the transaction of a step. Most append a row or two to a run that does not change, or
//! make one with as many: for those there are small statements, which are quickly planned and run.

use super::batch::{Statement, Verb};
use super::query;
use super::session::Session;
use super::write::{self, Fenced};
use crate::codec::Stored;
use crate::protocol::checkpoint::CheckpointRow;
use crate::protocol::commit::Commit;
use crate::protocol::id::Fence;
use crate::protocol::run::RunRow;
use crate::store::apply;

type Result<T> = std::result::Result<T, sqlx::Error>;

/// Writes one commit that must not be there yet. Whether it was not; if it was, or the run is not as
/// it was expected to be, nothing is written that the caller may commit.
pub(super) async fn alone(
    session: &mut Session<'_>,
    fence: &Fence,
    commit: &Commit,
) -> Result<std::result::Result<bool, Fenced>> {
    if is_written(session, fence, commit).await? {
        return Ok(Ok(true));
    }
    write::once(session, fence, commit).await
}

/// Whether a small statement could write it. If not, nothing is written, and the large one says why.
pub(super) async fn is_written(
    session: &mut Session<'_>,
    fence: &Fence,
    commit: &Commit,
) -> Result<bool> {
    let (one, other) = match &commit.rows[..] {
        [one] => (one, None),
        [one, other] => (one, Some(other)),
        _ => return Ok(false),
    };
    let sql = match Verb::of(commit) {
        Verb::Create => query::COMMIT_NEW,
        Verb::Append => query::COMMIT_ONE,
        Verb::Change => return Ok(false),
    };
    let statement = session
        .statement(sql)
        .bind(&*fence.worker.0)
        .bind(fence.epoch)
        .bind(commit.run.as_uuid());
    let statement = bind(bind(statement, Some(one)), other);
    let statement = match &commit.create {
        Some(new) => bind_new(statement, &apply::created(new, commit, fence)),
        None => statement,
    };
    let done = statement.execute(&mut *session.connection).await?;
    Ok(done.rows_affected() > 0)
}

fn bind<'q>(statement: Statement<'q>, row: Option<&CheckpointRow>) -> Statement<'q> {
    let bytes =
        |value: fn(&CheckpointRow) -> Option<&Stored>| row.and_then(value).map(Stored::as_bytes);
    statement
        .bind(row.map(|row| row.seq.0))
        .bind(row.map(|row| &*row.part.0))
        .bind(row.map(|row| row.direction as i16))
        .bind(row.map(|row| row.kind as i16))
        .bind(row.map(|row| &*row.point))
        .bind(row.and_then(|row| row.operation.as_deref()))
        .bind(bytes(|row| row.arguments.as_ref()))
        .bind(bytes(|row| row.frame.as_ref()))
        .bind(bytes(|row| row.outcome.as_ref()))
        .bind(row.map(|row| row.created_at.0))
}

fn bind_new<'q>(statement: Statement<'q>, run: &RunRow) -> Statement<'q> {
    statement
        .bind(&*run.saga)
        .bind(run.key.as_deref())
        .bind(run.input.as_bytes())
        .bind(run.status as i16)
        .bind(run.owner.is_some())
        .bind(run.wake_at.map(|time| time.0))
        .bind(run.output.as_ref().map(Stored::as_bytes))
        .bind(run.failure.as_ref().map(Stored::as_bytes))
        .bind(run.created_at.0)
        .bind(run.finished_at.map(|time| time.0))
        .bind(run.parent.map(|parent| parent.as_uuid()))
        .bind(run.depth.cast_signed())
        .bind(i16::from(run.priority))
        .bind(run.queue.as_deref().unwrap_or_default())
}
