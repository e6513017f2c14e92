//! What the command line says.

use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Measures scoop against the limits of the database it runs on.
///
/// Measures on a throw-away PostgreSQL server that it starts itself, with `fsync = on` and
/// `synchronous_commit = on`, or on that of `DATABASE_URL`. Absolute figures move from machine to
/// machine and from minute to minute: compare the ratios of one run.
#[derive(Debug, Parser)]
#[command(name = "scoop-bench", version)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

/// What is measured.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Sagas a second, many at once, beside single-row commits and batched inserts.
    Throughput(Throughput),
    /// The latency of one saga alone, beside that of single commits.
    Alone(Alone),
    /// How long it takes to finish sagas half done after the worker was killed.
    Recovery(Recovery),
    /// The memory of a worker for each run that waits in memory.
    Memory(Memory),
    /// The memory of a worker with many runs that wait in the store, and how late they wake.
    Sleepers(Sleepers),
    /// What a worker costs that has nothing to do: processor time, and statements a second.
    Idle(Idle),
    /// Steps whose SQL is in the engine's own transaction, beside the same SQL by itself.
    Transactional(Transactional),
    /// The worker that `recovery` kills; it is started by that.
    #[command(hide = true)]
    Victim(Victim),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    Postgres,
    Sqlite,
    Memory,
}

impl Kind {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Postgres => "postgres",
            Self::Sqlite => "sqlite",
            Self::Memory => "memory",
        }
    }
}

/// What all verbs have.
#[derive(Clone, Debug, Args)]
pub(crate) struct Common {
    /// Where the sagas are kept.
    #[arg(long, value_enum, default_value = "postgres")]
    pub(crate) store: Kind,
    /// Prints one JSON object instead of a table.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct Throughput {
    #[command(flatten)]
    pub(crate) common: Common,
    /// The steps of a saga.
    #[arg(long, default_value_t = 10)]
    pub(crate) steps: u32,
    /// How many sagas run at once.
    #[arg(long, default_value_t = 256)]
    pub(crate) concurrency: u32,
    /// How long the sagas run in all rounds, and each of the two kinds of inserts.
    #[arg(long, default_value = "10", value_parser = seconds)]
    pub(crate) seconds: Duration,
    /// How often all are measured in turn; the median counts.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) rounds: u32,
    /// Only the sagas, without what the database can do: for a profiler.
    #[arg(long)]
    pub(crate) no_limits: bool,
}

impl Throughput {
    /// Whether what the database can do is measured, too.
    pub(crate) fn limited(&self) -> bool {
        self.common.store == Kind::Postgres && !self.no_limits
    }
}

#[derive(Clone, Debug, Args)]
pub(crate) struct Alone {
    #[command(flatten)]
    pub(crate) common: Common,
    /// The steps of a saga.
    #[arg(long, default_value_t = 10)]
    pub(crate) steps: u32,
    /// How long sagas run one after another, and single commits.
    #[arg(long, default_value = "5", value_parser = seconds)]
    pub(crate) seconds: Duration,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct Recovery {
    #[command(flatten)]
    pub(crate) common: Common,
    /// The steps of a saga.
    #[arg(long, default_value_t = 10)]
    pub(crate) steps: u32,
    /// How many sagas are half done when the worker is killed.
    #[arg(long, default_value_t = 1_000)]
    pub(crate) runs: u32,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct Memory {
    #[command(flatten)]
    pub(crate) common: Common,
    /// How many sagas wait for a day.
    #[arg(long, default_value_t = 100_000)]
    pub(crate) runs: u32,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct Sleepers {
    #[command(flatten)]
    pub(crate) common: Common,
    /// How many sagas sleep.
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) count: u32,
    /// How many of them wake; the others sleep for a day. All unless given.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) waking: Option<u32>,
    /// The time from the first start of those that wake until the first is due.
    #[arg(long, default_value = "90", value_parser = seconds)]
    pub(crate) asleep: Duration,
    /// The time from then until the last is due.
    #[arg(long, default_value = "60", value_parser = seconds)]
    pub(crate) spread: Duration,
    /// Those that sleep for longer than this do so in the store.
    #[arg(long, default_value = "10", value_parser = seconds)]
    pub(crate) dormant_after: Duration,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct Idle {
    #[command(flatten)]
    pub(crate) common: Common,
    /// How long nothing happens.
    #[arg(long, default_value = "60", value_parser = seconds)]
    pub(crate) seconds: Duration,
    /// How many workers have nothing to do, where the store is one that many share.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) workers: u32,
    /// They do not listen to other processes.
    #[arg(long)]
    pub(crate) deaf: bool,
}

impl Idle {
    pub(crate) fn workers(&self) -> u32 {
        match self.common.store {
            Kind::Postgres => self.workers,
            Kind::Sqlite | Kind::Memory => 1,
        }
    }
}

/// On PostgreSQL, whose transactions the steps are in.
#[derive(Clone, Debug, Args)]
pub(crate) struct Transactional {
    /// The steps of a saga; each inserts one row.
    #[arg(long, default_value_t = 10)]
    pub(crate) steps: u32,
    /// How many sagas run at once.
    #[arg(long, default_value_t = 256)]
    pub(crate) concurrency: u32,
    /// The connections of the pool that is lent; the one that is not has its default size.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) pool: u32,
    /// How long the sagas run in all rounds with each pool, and each of the two ways to insert.
    #[arg(long, default_value = "10", value_parser = seconds)]
    pub(crate) seconds: Duration,
    /// How often all are measured in turn; the median counts.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) rounds: u32,
    /// Prints one JSON object instead of a table.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct Victim {
    #[arg(long)]
    pub(crate) url: String,
    #[arg(long)]
    pub(crate) diary: std::path::PathBuf,
    #[arg(long)]
    pub(crate) steps: u32,
    #[arg(long)]
    pub(crate) runs: u32,
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "not a number of seconds")?;
    let duration = Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())?;
    if duration.is_zero() {
        return Err("nothing can be measured in no time".to_owned());
    }
    Ok(duration)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn seconds_may_have_a_fraction_but_not_be_none() {
        assert_eq!(seconds("0.25"), Ok(Duration::from_millis(250)));
        assert!(seconds("0").is_err());
        assert!(seconds("-1").is_err());
        assert!(seconds("soon").is_err());
    }
}
