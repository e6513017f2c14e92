//! Where the shop keeps everything: the database of `DATABASE_URL`, or one on a server of our own,
//! which ends with this process and keeps its data for the next one.

use std::path::Path;

use anyhow::Context as _;
use scoop_testserver::{Server, VARIABLE};
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;

const SCHEMA: &str = include_str!("schema.sql");

pub(crate) enum Database {
    Given(String),
    Own(Server),
}

impl Database {
    /// That of `DATABASE_URL`, or one that is kept in this folder.
    pub(crate) fn open(folder: &str) -> anyhow::Result<Self> {
        if let Some(url) = std::env::var(VARIABLE).ok().filter(|url| !url.is_empty()) {
            return Ok(Self::Given(url));
        }
        let server = Server::keeping(Path::new(folder)).context(
            "DATABASE_URL is not set, and a PostgreSQL server of our own does not start; set it to a \
             database that may be used for this, like postgres://me@localhost/shop",
        )?;
        eprintln!(
            "DATABASE_URL is not set: the data is in {folder}, for as long as this runs at {}",
            server.url()
        );
        Ok(Self::Own(server))
    }

    pub(crate) fn url(&self) -> &str {
        match self {
            Self::Given(url) => url,
            Self::Own(server) => server.url(),
        }
    }
}

/// Makes the tables where they are missing, and fills the stock.
pub(crate) async fn make_tables(pool: &PgPool) -> Result<(), sqlx::Error> {
    let last = "select to_regclass('provider.call') is not null";
    if sqlx::query_scalar(last).fetch_one(pool).await? {
        return Ok(());
    }
    let mut tx = pool.begin().await?;
    // Of several processes that start at once one makes them.
    let alone = "select pg_advisory_xact_lock(hashtext('checkout'))";
    sqlx::query(alone).execute(&mut *tx).await?;
    sqlx::raw_sql(SCHEMA).execute(&mut *tx).await?;
    tx.commit().await
}

/// Connections to the database, for what is no step.
pub(crate) async fn connect(url: &str) -> Result<PgPool, sqlx::Error> {
    PgPoolOptions::new().max_connections(8).connect(url).await
}
