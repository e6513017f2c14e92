//! One commit in the transaction of a step. Most leave their run as it is and append a row or two:
//! for those there is a small statement, which is quickly planned and run.

use super::batch::{Statement, Verb};
use super::query;
use super::session::Session;
use super::write::{self, Fenced};
use crate::codec::Stored;
use crate::protocol::checkpoint::CheckpointRow;
use crate::protocol::commit::Commit;
use crate::protocol::id::Fence;

type Result<T> = std::result::Result<T, sqlx::Error>;

/// Writes one commit that must not be there yet. Whether it was not; if it was, or the run is not as
/// it was expected to be, nothing is written that the caller may commit.
pub(super) async fn alone(
    session: &mut Session<'_>,
    fence: &Fence,
    commit: &Commit,
) -> Result<std::result::Result<bool, Fenced>> {
    if is_appended(session, fence, commit).await? {
        return Ok(Ok(true));
    }
    write::once(session, fence, commit).await
}

/// Whether the small statement could write it.
async fn is_appended(session: &mut Session<'_>, fence: &Fence, commit: &Commit) -> Result<bool> {
    let (one, other) = match (Verb::of(commit), &commit.rows[..]) {
        (Verb::Append, [one]) => (one, None),
        (Verb::Append, [one, other]) => (one, Some(other)),
        _ => return Ok(false),
    };
    let statement = session
        .statement(query::COMMIT_ONE)
        .bind(&*fence.worker.0)
        .bind(fence.epoch)
        .bind(commit.run.as_uuid());
    let statement = bind(bind(statement, Some(one)), other);
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
