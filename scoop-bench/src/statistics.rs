//! What a PostgreSQL server says of itself: commits, syncs of its log, processor time.

use std::time::Duration;

use anyhow::Result;
use sqlx::Row as _;
use sqlx::postgres::PgConnection;

use crate::processes;

/// What a server has done since some moment.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Done {
    /// Transactions committed in this database.
    pub(crate) commits: i64,
    /// Syncs of the log, on the whole server.
    pub(crate) syncs: i64,
    /// Bytes written to the log, on the whole server.
    pub(crate) log_bytes: i64,
    /// Processor time of the whole server, where it is on this machine.
    pub(crate) processor: Option<Duration>,
}

const DATABASE: &str = "select pg_backend_pid(), \
    (select xact_commit from pg_stat_database where datname = current_database()), \
    current_setting('server_version_num')::int, \
    (select wal_bytes::bigint from pg_stat_wal)";
/// From version 18 on the syncs are elsewhere.
const SYNCS_18: &str = "select sum(fsyncs)::bigint from pg_stat_io where object = 'wal'";
const SYNCS: &str = "select wal_sync from pg_stat_wal";

/// Asks. What other connections have done is complete as soon as those are closed: a server's
/// processes tell their figures once a second, and when they end.
pub(crate) async fn now(connection: &mut PgConnection) -> Result<Done> {
    let row = sqlx::query(DATABASE).fetch_one(&mut *connection).await?;
    let backend: i32 = row.try_get(0)?;
    let version: i32 = row.try_get(2)?;
    let syncs = if version >= 180_000 { SYNCS_18 } else { SYNCS };
    Ok(Done {
        commits: row.try_get(1)?,
        log_bytes: row.try_get(3)?,
        syncs: sqlx::query_scalar(syncs).fetch_one(connection).await?,
        processor: u32::try_from(backend).ok().and_then(processes::server_time),
    })
}

impl Done {
    pub(crate) fn since(self, before: Self) -> Self {
        let processor = self.processor.zip(before.processor);
        Self {
            commits: self.commits - before.commits,
            syncs: self.syncs - before.syncs,
            log_bytes: self.log_bytes - before.log_bytes,
            processor: processor.map(|(after, before)| after.saturating_sub(before)),
        }
    }
}

impl Done {
    /// Nothing so far.
    pub(crate) fn nothing() -> Self {
        Self {
            processor: Some(Duration::ZERO),
            ..Self::default()
        }
    }

    /// Both.
    pub(crate) fn and(self, other: Self) -> Self {
        let processor = self.processor.zip(other.processor);
        Self {
            commits: self.commits + other.commits,
            syncs: self.syncs + other.syncs,
            log_bytes: self.log_bytes + other.log_bytes,
            processor: processor.map(|(one, other)| one + other),
        }
    }
}

/// What the server is: its version, and whether a commit is durable.
pub(crate) async fn server(connection: &mut PgConnection) -> Result<String> {
    let row = sqlx::query(
        "select current_setting('server_version'), current_setting('fsync'), \
         current_setting('synchronous_commit')",
    )
    .fetch_one(connection)
    .await?;
    let [version, fsync, commit]: [String; 3] = [row.try_get(0)?, row.try_get(1)?, row.try_get(2)?];
    Ok(format!(
        "PostgreSQL {version}, fsync = {fsync}, synchronous_commit = {commit}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_done_since_is_the_difference() {
        let done = |number: i64, seconds: Option<u64>| Done {
            commits: number,
            syncs: 2 * number,
            log_bytes: 3 * number,
            processor: seconds.map(Duration::from_secs),
        };
        assert_eq!(done(10, Some(9)).since(done(4, Some(2))), done(6, Some(7)));
        assert_eq!(done(4, Some(2)).and(done(6, Some(7))), done(10, Some(9)));
        assert_eq!(done(4, Some(2)).and(done(6, None)), done(10, None));
        assert_eq!(done(10, None).since(done(4, Some(2))).processor, None);
    }
}
