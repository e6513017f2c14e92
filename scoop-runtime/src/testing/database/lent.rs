//! PostgreSQL databases with nothing in them, lent one after the other: to make one takes longer than most
//! of what is tested in it.

use std::sync::{Mutex, PoisonError};

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _};

use super::fresh_database;

/// Those that nobody has now.
static FREE: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// A database that is a test's own, and empty when the test gets it; another one gets it afterwards. What
/// the test left running there cannot write any more then: its workers are gone.
#[derive(Debug)]
pub struct LentDatabase {
    url: String,
}

impl LentDatabase {
    /// One on the server of this URL, whose user may make databases. A process has one server.
    ///
    /// # Panics
    /// When the server does not do it.
    pub async fn on(server: &str) -> Self {
        let free = FREE.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let url = match free {
            Some(url) => {
                let options: PgConnectOptions = url.parse().expect("it was one before");
                let mut connection = options.connect().await.expect("a server that answers");
                empty(&mut connection).await.expect("a database of ours");
                drop(connection.close().await);
                url
            }
            None => fresh_database(server).await,
        };
        Self { url }
    }

    /// Where it is.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for LentDatabase {
    fn drop(&mut self) {
        let mut free = FREE.lock().unwrap_or_else(PoisonError::into_inner);
        free.push(std::mem::take(&mut self.url));
    }
}

/// The workers first: a commit that is under way ends before its worker is gone, and what it wrote goes
/// with the rest; another one finds no worker.
async fn empty(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    let tables = "select tablename::text from pg_tables
        where schemaname = 'scoop' and tablename <> 'migration'
        order by tablename <> 'worker'";
    let tables: Vec<String> = sqlx::query_scalar(tables)
        .fetch_all(&mut *connection)
        .await?;
    let mut transaction = connection.begin().await?;
    for table in tables {
        let delete = format!("delete from scoop.{table}");
        transaction.execute(AssertSqlSafe(delete)).await?;
    }
    transaction.commit().await
}
