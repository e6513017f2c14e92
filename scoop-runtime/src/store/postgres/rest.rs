//! Gives a run up that waits for others.

use sqlx::Row as _;
use uuid::Uuid;

use super::query;
use super::session::Session;
use crate::protocol::id::{Fence, RunId};
use crate::store::{Rest, Rested};

/// Nothing where this worker is dead.
pub(super) async fn rest(
    session: &mut Session<'_>,
    fence: &Fence,
    rest: &Rest,
) -> Result<Option<Rested>, sqlx::Error> {
    let below: Vec<Uuid> = rest.below.iter().map(RunId::as_uuid).collect();
    let count = i64::try_from(below.len()).unwrap_or(i64::MAX);
    let row = session
        .statement(query::RUN_REST)
        .bind(&*fence.worker.0)
        .bind(fence.epoch)
        .bind(rest.run.as_uuid())
        .bind(below)
        .bind(rest.until.0)
        .bind(rest.unless_cancelled)
        .bind(count)
        .bind(rest.now.0)
        .fetch_optional(&mut *session.connection)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let (mine, rested, due): (bool, bool, bool) =
        (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
    Ok(Some(match (rested || !mine, due) {
        (true, true) => Rested::LeftDue,
        (true, false) => Rested::Left,
        (false, _) => Rested::Kept,
    }))
}
