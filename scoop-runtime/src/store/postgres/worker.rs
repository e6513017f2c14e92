//! The lives of workers, and the runs they take.

use std::time::Duration;

use sqlx::Row as _;
use sqlx::postgres::PgRow;

use super::session::Session;
use super::{query, read};
use crate::codec::Stored;
use crate::protocol::id::{Fence, RunId, WorkerName};
use crate::protocol::run::RunRow;
use crate::store::Claim;

type Result<T> = std::result::Result<T, sqlx::Error>;

/// Begins a life; the answer is its epoch, or for how long the life before may still last.
pub(super) async fn attach(
    session: &mut Session<'_>,
    worker: &WorkerName,
    lease: Duration,
) -> Result<std::result::Result<i64, Duration>> {
    let row = session
        .statement(query::WORKER_ATTACH)
        .bind(&*worker.0)
        .bind(lease.as_secs_f64())
        .bind(session.kept)
        .fetch_optional(&mut *session.connection)
        .await?;
    if let Some(row) = row {
        let epoch: i64 = row.try_get(0)?;
        if epoch > 1 {
            silence(session, &[mark(&worker.0, epoch - 1)]).await?;
        }
        return Ok(Ok(epoch));
    }
    let row = session
        .statement(query::WORKER_LEFT)
        .bind(&*worker.0)
        .fetch_optional(&mut *session.connection)
        .await?;
    let left: Option<f64> = row.map(|row| row.try_get(0)).transpose()?;
    let left = Duration::try_from_secs_f64(left.unwrap_or_default());
    Ok(Err(left.unwrap_or_default()))
}

/// Whether the worker still lives.
pub(super) async fn heartbeat(
    session: &mut Session<'_>,
    fence: &Fence,
    lease: Duration,
) -> Result<bool> {
    let lives = session
        .statement(query::WORKER_HEARTBEAT)
        .bind(&*fence.worker.0)
        .bind(fence.epoch)
        .bind(lease.as_secs_f64())
        .bind(session.kept)
        .fetch_optional(&mut *session.connection)
        .await?;
    Ok(lives.is_some())
}

/// Ends a life.
pub(super) async fn detach(session: &mut Session<'_>, fence: &Fence) -> Result<()> {
    session
        .statement(query::WORKER_DETACH)
        .bind(&*fence.worker.0)
        .bind(fence.epoch)
        .execute(&mut *session.connection)
        .await
        .map(drop)
}

/// Takes runs, those of workers that are late among them; nothing where this worker is dead itself.
pub(super) async fn claim(
    session: &mut Session<'_>,
    fence: &Fence,
    claim: &Claim,
) -> Result<Option<Vec<RunRow>>> {
    let Some(taken) = take(session, fence, claim).await? else {
        return Ok(None);
    };
    // Those that are to be woken are not kept waiting by what there is to do besides.
    let woken = taken.asleep && wake(session, claim).await?;
    let found = !taken.runs.is_empty();
    let buried = !found && taken.late && bury(session, fence, claim).await?;
    if found || !(woken || buried) {
        return Ok(Some(taken.runs));
    }
    let taken = take(session, fence, claim).await?;
    Ok(taken.map(|taken| taken.runs))
}

/// Tells runs of the ends of what they wait for; whether there was one.
async fn wake(session: &mut Session<'_>, claim: &Claim) -> Result<bool> {
    const AT_ONCE: i64 = 1_000;
    let wake = session.statement(query::RUN_WAKE).bind(AT_ONCE);
    let wake = wake.bind(claim.sagas.as_deref());
    let told: i64 = wake.fetch_one(&mut *session.connection).await?.try_get(0)?;
    Ok(told > 0)
}

/// Declares workers dead whose lease is over; whether there was one.
async fn bury(session: &mut Session<'_>, fence: &Fence, claim: &Claim) -> Result<bool> {
    let dead = session
        .statement(query::WORKER_BURY)
        .bind(&*fence.worker.0)
        .bind(claim.sagas.as_deref())
        .fetch_all(&mut *session.connection)
        .await?;
    let mut marks = Vec::with_capacity(dead.len());
    for row in &dead {
        let worker: String = row.try_get(0)?;
        marks.push(mark(&worker, row.try_get(1)?));
        tracing::warn!(
            worker,
            "a worker is dead: its lease is over; its runs are taken over"
        );
    }
    if !marks.is_empty() {
        silence(session, &marks).await?;
    }
    Ok(!marks.is_empty())
}

/// Ends the transactions of steps that have these marks.
async fn silence(session: &mut Session<'_>, marks: &[String]) -> Result<()> {
    let silence = session.statement(query::WORKER_SILENCE).bind(marks);
    silence.execute(&mut *session.connection).await.map(drop)
}

/// What the server calls the program while it is in the transaction of a step: the same for all
/// steps of one life of a worker (FNV-1a of what tells it from others).
pub(super) fn mark(worker: &str, epoch: i64) -> String {
    const BASIS: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0100_0000_01b3;
    let bytes = worker.bytes().chain(epoch.to_be_bytes());
    let hash = bytes.fold(BASIS, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(PRIME)
    });
    format!("scoop step {hash:016x}")
}

/// What a look for runs came to.
struct Taken {
    runs: Vec<RunRow>,
    /// Whether somebody else took runs of a queue at the same time, so that none of it were taken.
    contended: bool,
    /// Whether there are workers that are late.
    late: bool,
    /// Whether there are runs to be woken.
    asleep: bool,
}

/// Takes runs that nobody has; looks again, where only others who did the same were in the way.
async fn take(session: &mut Session<'_>, fence: &Fence, claim: &Claim) -> Result<Option<Taken>> {
    const TRIES: usize = 5;
    for _ in 1..TRIES {
        match once(session, fence, claim).await? {
            Some(taken) if taken.runs.is_empty() && taken.contended => {}
            taken => return Ok(taken),
        }
    }
    once(session, fence, claim).await
}

async fn once(session: &mut Session<'_>, fence: &Fence, claim: &Claim) -> Result<Option<Taken>> {
    let rows = session
        .statement(query::RUN_CLAIM)
        .bind(&*fence.worker.0)
        .bind(fence.epoch)
        .bind(claim.sagas.as_deref())
        .bind(i64::from(claim.limit))
        .bind(claim.except.iter().map(RunId::as_uuid).collect::<Vec<_>>())
        .bind(claim.now.0)
        .fetch_all(&mut *session.connection)
        .await?;
    let Some(first) = rows.first() else {
        return Ok(None);
    };
    let (contended, late) = (first.try_get("contended")?, first.try_get("late")?);
    let asleep = first.try_get("asleep")?;
    let taken = rows.iter().filter(|row| {
        let id = row.try_get::<Option<uuid::Uuid>, _>(0);
        !matches!(id, Ok(None))
    });
    let runs = taken.map(read::run_row).collect::<Result<_>>()?;
    Ok(Some(Taken {
        runs,
        contended,
        late,
        asleep,
    }))
}

/// Says how many runs of a queue may run at once.
pub(super) async fn limit_queue(session: &mut Session<'_>, queue: &str, most: u32) -> Result<()> {
    let limit = session
        .statement(query::QUEUE_LIMIT)
        .bind(queue)
        .bind(i64::from(most));
    limit.execute(&mut *session.connection).await.map(drop)
}

/// Asks a life of a worker to give a run up.
pub(super) async fn ask_back(
    session: &mut Session<'_>,
    run: RunId,
    owner: &Fence,
    why: Option<&Stored>,
) -> Result<()> {
    session
        .statement(query::WORKER_ASK_BACK)
        .bind(run.as_uuid())
        .bind(&*owner.worker.0)
        .bind(owner.epoch)
        .bind(why.map(Stored::as_bytes))
        .execute(&mut *session.connection)
        .await
        .map(drop)
}

/// The runs that this life of a worker was asked to give up.
pub(super) async fn asked_back(
    session: &mut Session<'_>,
    fence: &Fence,
) -> Result<Vec<(RunId, Option<Stored>)>> {
    let rows = session
        .statement(query::WORKER_ASKED_BACK)
        .bind(&*fence.worker.0)
        .bind(fence.epoch)
        .fetch_all(&mut *session.connection)
        .await?;
    let asked = |row: &PgRow| {
        let why = row.try_get::<Option<_>, _>(1)?.map(Stored::from_bytes);
        Ok((RunId::from_uuid(row.try_get(0)?), why))
    };
    rows.iter().map(asked).collect()
}
