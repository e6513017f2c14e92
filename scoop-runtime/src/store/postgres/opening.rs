//! Opening a store: its connections, the wait for a server that is away, and the schema.

use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use backon::BackoffBuilder as _;
use sqlx::ConnectOptions as _;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

use super::line::Line;
use super::migrate::{self, MIGRATIONS, Migration, Newer};
use super::session::Proxy;
use super::{LANES, LONGEST_COMMIT, LONGEST_WAIT, PostgresStore, READERS, error, translate};
use crate::environment;
use crate::store::{Opening, StoreError};

impl PostgresStore {
    /// Connects to the server that `url` names (`postgres://user:password@host:port/database`, with
    /// `?sslmode=require` or stricter for TLS), and brings the schema up to date. Waits for a
    /// while for a server that is away.
    ///
    /// # Errors
    /// [`StoreError::Unusable`] when the server lets nobody in, or has no such database;
    /// [`StoreError::NewerSchema`] when a newer program made the schema;
    /// [`StoreError::Unavailable`] when the server stays away.
    pub async fn open(url: &str, opening: Opening) -> Result<Self, StoreError> {
        Self::open_with(url, opening, MIGRATIONS).await
    }

    /// All migrations, for an administrator who wants to run them by hand.
    #[must_use]
    pub const fn migrations() -> &'static [Migration] {
        MIGRATIONS
    }

    pub(super) async fn open_with(
        url: &str,
        opening: Opening,
        migrations: &[Migration],
    ) -> Result<Self, StoreError> {
        let server: PgConnectOptions = url.parse().map_err(|error| error::url(&error))?;
        let server = server.application_name("scoop").disable_statement_logging();
        let proxy = Arc::new(Proxy::of(url));
        let writers = [(); LANES].map(|()| Line::new(server.clone(), &proxy, LONGEST_COMMIT));
        // A heartbeat that is not answered is better begun again before the lease is over.
        let pulse = Line::new(server.clone(), &proxy, opening.lease.length / 2);
        let readers = PgPoolOptions::new()
            .max_connections(READERS)
            .acquire_timeout(LONGEST_WAIT)
            .test_before_acquire(false)
            .connect_lazy_with(server.clone());
        let steps = PgPoolOptions::new()
            .max_connections(opening.pool_size)
            .test_before_acquire(false)
            .connect_lazy_with(server.clone());
        let store = Self {
            opening,
            me: environment::new_uuid(),
            server: server.clone(),
            proxy,
            writers,
            pulse,
            steps,
            lent: OnceLock::new(),
            readers,
            attached: Mutex::default(),
        };
        store.prepare(migrations).await?;
        if store.proxy.is_there() {
            // A step's own statements are not to be left behind, either.
            store
                .steps
                .set_connect_options(server.statement_cache_capacity(0));
        }
        Ok(store)
    }

    /// Waits for the server, and migrates.
    async fn prepare(&self, migrations: &[Migration]) -> Result<(), StoreError> {
        let began = Instant::now();
        let mut pauses = backon::ExponentialBuilder::default()
            .with_min_delay(Duration::from_millis(100))
            .with_max_delay(Duration::from_secs(2))
            .without_max_times()
            .build();
        loop {
            let error = match self.first(migrations).await {
                Err(error) if error.is_temporary() => error,
                result => return result,
            };
            let pause = pauses.next().unwrap_or_default();
            if began.elapsed() + pause > self.opening.patience {
                return Err(error);
            }
            tracing::warn!(%error, "the database is not available; trying again");
            tokio::time::sleep(pause).await;
        }
    }

    async fn first(&self, migrations: &[Migration]) -> Result<(), StoreError> {
        let (mut writer, mut pulse) = (self.writers[0].hold().await?, self.pulse.hold().await?);
        self.proxy
            .look(&mut writer.own.connection, &mut pulse.own.connection)
            .await
            .map_err(translate)?;
        pulse.release();
        writer
            .run(async |session| {
                let migrated = migrate::migrate(session, migrations).await?;
                migrate::warn_of_front(session).await?;
                Ok(migrated)
            })
            .await?
            .map_err(|Newer { found, known }| StoreError::NewerSchema { found, known })
    }
}
