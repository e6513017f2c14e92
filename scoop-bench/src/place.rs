//! Where the sagas of one measurement are kept: a database or a file of its own, removed at the end.

use anyhow::{Context as _, Result};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _};
use tempfile::TempDir;
use uuid::Uuid;

use crate::arguments::Kind;

/// A new place for runs.
#[derive(Debug)]
pub(crate) struct Place {
    url: String,
    /// The database's name, where there is a server.
    database: Option<String>,
    _directory: Option<TempDir>,
}

impl Place {
    pub(crate) async fn new(kind: Kind) -> Result<Self> {
        let mut place = Self {
            url: "memory:".to_owned(),
            database: None,
            _directory: None,
        };
        match kind {
            Kind::Memory => {}
            Kind::Sqlite => {
                let directory = tempfile::tempdir()?;
                place.url = format!("sqlite:{}", directory.path().join("runs.db").display());
                place._directory = Some(directory);
            }
            Kind::Postgres => {
                let server: PgConnectOptions = scoop_testserver::synced_url().parse()?;
                let name = format!("scoop_bench_{}", Uuid::now_v7().simple());
                execute(&format!("create database {name}")).await?;
                place.url = server.database(&name).to_url_lossy().into();
                place.database = Some(name);
            }
        }
        Ok(place)
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// A connection of one's own, where there is a server.
    pub(crate) async fn connect(&self) -> Result<Option<PgConnection>> {
        if self.database.is_none() {
            return Ok(None);
        }
        Ok(Some(connect(&self.url).await?))
    }

    /// Removes what was made.
    pub(crate) async fn remove(self) -> Result<()> {
        match self.database {
            Some(name) => execute(&format!("drop database {name} with (force)")).await,
            None => Ok(()),
        }
    }
}

/// A connection to this database.
pub(crate) async fn connect(url: &str) -> Result<PgConnection> {
    let options: PgConnectOptions = url.parse()?;
    let options = options.disable_statement_logging();
    options
        .connect()
        .await
        .context("the server does not answer")
}

async fn execute(sql: &str) -> Result<()> {
    let mut connection = connect(scoop_testserver::synced_url()).await?;
    connection.execute(AssertSqlSafe(sql.to_owned())).await?;
    Ok(connection.close().await?)
}
