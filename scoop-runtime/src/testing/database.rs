//! A new, empty PostgreSQL database for each test, on a server that is there.

mod lent;

pub use self::lent::LentDatabase;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _};
use uuid::Uuid;

const PREFIX: &str = "scoop_test_";

/// Makes a database on the server of this URL, whose user may do that; the answer is its URL.
/// Databases that tests left behind an hour ago or earlier are removed by the way.
///
/// # Panics
/// When the server does not do it.
pub async fn fresh_database(server: &str) -> String {
    let options: PgConnectOptions = server.parse().expect("the URL of a PostgreSQL server");
    let name = format!("{PREFIX}{}", Uuid::now_v7().simple());
    let mut connection = options.connect().await.expect("a server that answers");
    sweep(&mut connection).await;
    connection
        .execute(AssertSqlSafe(format!("create database {name}")))
        .await
        .expect("a user who may make databases");
    drop(connection.close().await);
    options.database(&name).to_url_lossy().into()
}

async fn sweep(connection: &mut PgConnection) {
    static SWEPT: tokio::sync::OnceCell<()> = tokio::sync::OnceCell::const_new();
    let sweep = async || {
        let names =
            sqlx::query_scalar("select datname::text from pg_database where datname like $1");
        let found = names.bind(format!("{PREFIX}%")).fetch_all(&mut *connection);
        let names: Vec<String> = found.await.unwrap_or_default();
        for name in names.iter().filter(|name| is_old(name)) {
            // Whoever still uses it keeps it.
            drop(
                connection
                    .execute(AssertSqlSafe(format!("drop database if exists {name}")))
                    .await,
            );
        }
    };
    SWEPT.get_or_init(sweep).await;
}

/// The name says when it was made.
fn is_old(name: &str) -> bool {
    let made = name
        .strip_prefix(PREFIX)
        .and_then(|id| Uuid::try_parse(id).ok());
    let seconds = made
        .and_then(|id| id.get_timestamp())
        .map(|time| time.to_unix().0);
    let now = std::time::UNIX_EPOCH
        .elapsed()
        .unwrap_or_default()
        .as_secs();
    seconds.is_some_and(|seconds| seconds + 3_600 < now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_old_databases_of_tests_are_removed() {
        assert!(!is_old(&format!("{PREFIX}{}", Uuid::now_v7().simple())));
        assert!(is_old(&format!(
            "{PREFIX}01890a5d-ac96-774b-bcce-b302099a8057"
        )));
        assert!(!is_old("production"));
        assert!(!is_old(&format!("{PREFIX}mine")));
    }
}
