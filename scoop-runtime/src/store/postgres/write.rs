//! What a batch does: one statement, which is one round trip and one transaction. Only what it
//! leaves in doubt (a key that is taken, a commit that may have been sent before) is looked at again.

use std::collections::{HashMap, HashSet};

use sqlx::Connection as _;
use uuid::Uuid;

use super::alone::is_written;
use super::batch::{Columns, Verb};
use super::session::Session;
use super::{query, read};
use crate::codec::Stored;
use crate::protocol::commit::{Commit, Committed};
use crate::protocol::id::{Fence, RunId, Seq};
use crate::store::{Removal, StoreError, apply};

type Result<T> = std::result::Result<T, sqlx::Error>;

/// The worker was declared dead; nothing was written.
pub(super) struct Fenced;

/// How many bytes go into one statement.
const MOST_BYTES: usize = 64 << 20;
/// The server takes no message of a gigabyte.
const LARGEST_COMMIT: usize = 768 << 20;

/// What a statement says it did.
struct Done {
    made: HashSet<Uuid>,
    appended: HashSet<Uuid>,
    locked: HashSet<Uuid>,
    changed: HashSet<Uuid>,
    /// Those of the changed ones because of which the run above is due.
    woke: HashSet<Uuid>,
}

/// Writes a batch. A batch in which a run occurs twice, or that is very large, takes several
/// statements, in one transaction.
pub(super) async fn commit(
    session: &mut Session<'_>,
    fence: &Fence,
    batch: &[Commit],
) -> Result<std::result::Result<Vec<Committed>, Fenced>> {
    if let [only] = batch
        && is_written(session, fence, only).await?
    {
        return Ok(Ok(vec![Committed::Stored]));
    }
    let mut answers = vec![Committed::Stale; batch.len()];
    let pieces = pieces(batch);
    if let [only] = &pieces[..] {
        let done = piece(session, fence, only, &mut answers).await?;
        return Ok(done.map(|()| answers));
    }
    let mut transaction = session.connection.begin().await?;
    let mut inner = Session {
        connection: &mut transaction,
        kept: session.kept,
    };
    for one in &pieces {
        if piece(&mut inner, fence, one, &mut answers).await?.is_err() {
            transaction.rollback().await?;
            return Ok(Err(Fenced));
        }
    }
    transaction.commit().await?;
    Ok(Ok(answers))
}

/// Writes one commit, and nothing of it a second time. Whether it was written now.
pub(super) async fn once(
    session: &mut Session<'_>,
    fence: &Fence,
    commit: &Commit,
) -> Result<std::result::Result<bool, Fenced>> {
    let done = send(session, fence, &[commit], false).await?;
    Ok(done.map(|done| done.stored(commit)))
}

type Piece<'a> = Vec<(usize, &'a Commit)>;

/// Cuts a batch into pieces with each run once and not too many bytes; a run's commits stay in
/// their order. An empty batch is one piece, which asks whether the worker lives.
fn pieces(batch: &[Commit]) -> Vec<Piece<'_>> {
    let mut rounds: Vec<Piece<'_>> = vec![Vec::new()];
    let mut times: HashMap<RunId, usize> = HashMap::new();
    for (place, commit) in apply::in_order(batch) {
        let round = times.entry(commit.run).or_default();
        if rounds.len() <= *round {
            rounds.push(Vec::new());
        }
        rounds[*round].push((place, commit));
        *round += 1;
    }
    rounds.into_iter().flat_map(cut).collect()
}

fn cut(round: Piece<'_>) -> Vec<Piece<'_>> {
    let (mut pieces, mut bytes) = (vec![Vec::new()], 0);
    for (place, commit) in round {
        let size = size(commit);
        if bytes > 0 && bytes + size > MOST_BYTES {
            pieces.push(Vec::new());
            bytes = 0;
        }
        bytes += size;
        if let Some(piece) = pieces.last_mut() {
            piece.push((place, commit));
        }
    }
    pieces
}

/// Refuses a batch with a commit that is too large by itself.
pub(super) fn check_sizes(batch: &[Commit]) -> std::result::Result<(), StoreError> {
    match batch.iter().find(|one| size(one) > LARGEST_COMMIT) {
        None => Ok(()),
        Some(large) => Err(StoreError::Refused(format!(
            "run {}: one commit has {} bytes",
            large.run,
            size(large)
        ))),
    }
}

/// How many bytes the large values of a commit have.
fn size(commit: &Commit) -> usize {
    let new = commit.create.as_ref().map(|new| &new.input);
    let update = [
        commit.update.output.as_ref(),
        commit.update.failure.as_ref(),
    ];
    let rows = commit.rows.iter().flat_map(|row| {
        [
            row.arguments.as_ref(),
            row.frame.as_ref(),
            row.outcome.as_ref(),
        ]
    });
    let values = new
        .into_iter()
        .chain(update.into_iter().chain(rows).flatten());
    values.map(Stored::len).sum()
}

async fn piece(
    session: &mut Session<'_>,
    fence: &Fence,
    piece: &[(usize, &Commit)],
    answers: &mut [Committed],
) -> Result<std::result::Result<(), Fenced>> {
    let commits: Vec<&Commit> = piece.iter().map(|(_, commit)| *commit).collect();
    let Ok(done) = send(session, fence, &commits, false).await? else {
        return Ok(Err(Fenced));
    };
    for (place, commit) in piece {
        answers[*place] = if done.stored(commit) {
            done.answer(commit)
        } else if commit.create.is_some() {
            match create_again(session, fence, commit).await? {
                Ok(answer) => answer,
                Err(fenced) => return Ok(Err(fenced)),
            }
        } else {
            match settle(session, fence, commit, &done).await? {
                Ok(answer) => answer,
                Err(fenced) => return Ok(Err(fenced)),
            }
        };
    }
    Ok(Ok(()))
}

async fn send(
    session: &mut Session<'_>,
    fence: &Fence,
    commits: &[&Commit],
    forced: bool,
) -> Result<std::result::Result<Done, Fenced>> {
    let statement = session
        .statement(query::COMMIT)
        .bind(&*fence.worker.0)
        .bind(fence.epoch);
    let statement = Columns::of(fence, commits, forced).bind(statement);
    let row = statement.fetch_one(&mut *session.connection).await?;
    let ids = |column: usize| -> Result<HashSet<Uuid>> {
        let ids: Vec<Uuid> = sqlx::Row::try_get(&row, column)?;
        Ok(ids.into_iter().collect())
    };
    if !sqlx::Row::try_get::<bool, _>(&row, 0)? {
        return Ok(Err(Fenced));
    }
    Ok(Ok(Done {
        made: ids(1)?,
        appended: ids(2)?,
        locked: ids(3)?,
        changed: ids(4)?,
        woke: ids(5)?,
    }))
}

impl Done {
    fn stored(&self, commit: &Commit) -> bool {
        let done = match Verb::of(commit) {
            Verb::Create => &self.made,
            Verb::Append => &self.appended,
            Verb::Change => &self.changed,
        };
        done.contains(&commit.run.as_uuid())
    }

    /// Of a commit that is stored.
    fn answer(&self, commit: &Commit) -> Committed {
        if self.woke.contains(&commit.run.as_uuid()) {
            Committed::StoredAndWoke
        } else {
            Committed::Stored
        }
    }
}

/// The run was not made: it is there already, or its key is another run's.
async fn create_again(
    session: &mut Session<'_>,
    fence: &Fence,
    commit: &Commit,
) -> Result<std::result::Result<Committed, Fenced>> {
    if read::run(session, commit.run).await?.is_none() {
        return taken(session, commit).await.map(Ok);
    }
    if commit.rows.is_empty() {
        return Ok(Ok(Committed::Stored));
    }
    let commit = Commit {
        create: None,
        ..commit.clone()
    };
    match send(session, fence, &[&commit], false).await? {
        Err(fenced) => Ok(Err(fenced)),
        Ok(done) if done.stored(&commit) => Ok(Ok(done.answer(&commit))),
        Ok(done) => settle(session, fence, &commit, &done).await,
    }
}

async fn taken(session: &mut Session<'_>, commit: &Commit) -> Result<Committed> {
    let new = commit.create.as_ref().ok_or(sqlx::Error::RowNotFound)?;
    let key = new.key.as_deref().unwrap_or_default();
    let holder = read::run_by_key(session, &new.saga, key).await?;
    // Whoever had the key may have been removed in between; the batch is sent again then.
    holder
        .map(|holder| Committed::KeyTaken(Box::new(holder)))
        .ok_or(sqlx::Error::RowNotFound)
}

/// A commit to a run that took no effect: it did before, or the run is not as it was expected to
/// be, or other rows are at the places of its rows.
async fn settle(
    session: &mut Session<'_>,
    fence: &Fence,
    commit: &Commit,
    done: &Done,
) -> Result<std::result::Result<Committed, Fenced>> {
    let stored = match Verb::of(commit) {
        _ if is_there(session, commit).await? => true,
        Verb::Append => read::run(session, commit.run).await?.is_some(),
        _ if done.locked.contains(&commit.run.as_uuid()) => {
            match send(session, fence, &[commit], true).await? {
                Err(fenced) => return Ok(Err(fenced)),
                Ok(done) if done.stored(commit) => return Ok(Ok(done.answer(commit))),
                Ok(_) => false,
            }
        }
        _ => false,
    };
    Ok(Ok(if stored {
        Committed::Stored
    } else {
        Committed::Stale
    }))
}

/// Whether all rows of a commit are there as it has them.
async fn is_there(session: &mut Session<'_>, commit: &Commit) -> Result<bool> {
    if commit.rows.is_empty() {
        return Ok(false);
    }
    let seqs: Vec<Seq> = commit.rows.iter().map(|row| row.seq).collect();
    let rows = read::rows_at(session, commit.run, &seqs).await?;
    Ok(commit.rows.iter().all(|row| rows.contains(row)))
}

/// Removes finished runs. How many, not counting those below them.
pub(super) async fn remove(session: &mut Session<'_>, removal: &Removal) -> Result<u64> {
    let (before, saga) = (removal.ended_before.0, removal.saga.as_deref());
    let limit = i64::from(removal.limit);
    let statement = match &removal.only {
        Some(only) => {
            let only: Vec<Uuid> = only.iter().map(RunId::as_uuid).collect();
            let statement = session.statement(query::RUNS_REMOVE_THESE).bind(only);
            statement.bind(before).bind(saga).bind(limit)
        }
        None => {
            let statement = session.statement(query::RUNS_REMOVE);
            let statement = statement.bind(before).bind(saga).bind(limit);
            let keep = i64::try_from(removal.keep).unwrap_or(i64::MAX);
            statement.bind(keep).bind(&removal.except)
        }
    };
    let row = statement.fetch_one(&mut *session.connection).await?;
    sqlx::Row::try_get::<i64, _>(&row, 0).map(i64::cast_unsigned)
}
