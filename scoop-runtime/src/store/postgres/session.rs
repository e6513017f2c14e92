//! A connection, and how it may be used.
//!
//! Behind a proxy that pools transactions (PgBouncer) each transaction may be on another connection
//! of the server. There all that belongs together is one transaction, and nothing is left behind in
//! the connection: no prepared statements, no settings. That costs three round trips more each.
//! Where there is none, the engine's own connections keep their plans, too.

use std::sync::atomic::{AtomicBool, Ordering};

use sqlx::postgres::{PgArguments, PgConnection, Postgres};
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, Connection as _, Row as _};

type Result<T> = std::result::Result<T, sqlx::Error>;

/// The statements of the engine are planned once, and not for the arrays of each batch anew, which
/// takes longer than to write a small one. Such a plan stays while the tables grow, so it must not
/// depend on how small they were: every statement has an index for each row that it looks for.
const KEPT_PLANS: &str = "set plan_cache_mode = force_generic_plan; set enable_seqscan = off; \
    set enable_hashjoin = off; set enable_mergejoin = off; set jit = off";

/// Whether there is such a proxy; for all connections of a store.
#[derive(Debug, Default)]
pub(super) struct Proxy(AtomicBool);

/// A connection for one piece of work.
pub(super) struct Session<'a> {
    pub(super) connection: &'a mut PgConnection,
    /// Whether statements are prepared once and kept.
    pub(super) kept: bool,
}

impl Session<'_> {
    /// A statement to bind arguments to.
    pub(super) fn statement<'q>(&self, sql: &'static str) -> Query<'q, Postgres, PgArguments> {
        sqlx::query(sql).persistent(self.kept)
    }
}

impl Proxy {
    /// A URL that keeps no statements says that there is one.
    pub(super) fn of(url: &str) -> Self {
        Self(AtomicBool::new(url.contains("statement-cache-capacity=0")))
    }

    pub(super) fn is_there(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }

    fn found(&self) {
        if !self.0.swap(true, Ordering::SeqCst) {
            tracing::info!("a proxy pools transactions: statements are not kept");
        }
    }

    /// Looks at two connections: what has one process of the server behind it is no server.
    pub(super) async fn look(
        &self,
        one: &mut PgConnection,
        other: &mut PgConnection,
    ) -> Result<()> {
        // Somebody else may get the proxy's connection in between.
        for _ in 0..3 {
            if process(one).await? == process(other).await? {
                self.found();
                return Ok(());
            }
        }
        Ok(())
    }

    /// Makes a connection that only the engine uses keep its plans. Not before the proxy was looked
    /// for.
    pub(super) async fn keep_plans(&self, connection: &mut PgConnection) -> Result<()> {
        if !self.is_there() {
            let settings = sqlx::raw_sql(AssertSqlSafe(KEPT_PLANS));
            settings.execute(connection).await?;
        }
        Ok(())
    }

    /// Does a piece of work on a connection.
    pub(super) async fn perform<T, W>(&self, connection: &mut PgConnection, work: W) -> Result<T>
    where
        W: AsyncFnOnce(&mut Session<'_>) -> Result<T>,
    {
        if self.is_there() {
            return apart(connection, work).await;
        }
        let result = work(&mut Session {
            connection,
            kept: true,
        })
        .await;
        if let Err(sqlx::Error::Database(error)) = &result
            // A prepared statement is not where it was, or somebody else's is there.
            && matches!(error.code().as_deref(), Some("26000" | "42P05"))
        {
            self.found();
        }
        result
    }
}

async fn apart<T, W>(connection: &mut PgConnection, work: W) -> Result<T>
where
    W: AsyncFnOnce(&mut Session<'_>) -> Result<T>,
{
    let mut transaction = connection.begin().await?;
    let result = work(&mut Session {
        connection: &mut transaction,
        kept: false,
    })
    .await;
    match result {
        Ok(done) => transaction.commit().await.map(|()| done),
        Err(error) => {
            // If this fails, too, the connection is of no use.
            transaction.rollback().await?;
            Err(error)
        }
    }
}

async fn process(connection: &mut PgConnection) -> Result<String> {
    // Not prepared, so that it leaves nothing behind.
    let ask = sqlx::raw_sql(AssertSqlSafe("select pg_backend_pid()::text"));
    ask.fetch_one(connection).await?.try_get(0)
}
