//! One connection that is the engine's own. Work that does not end well takes its connection with
//! it: what state that was in is never guessed at, and the next work begins on a new one.

use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions as _, Connection as _};
use tokio::sync::{Mutex, MutexGuard};

use super::error::{closed, first, silent, spares_connection, translate};
use super::session::{Proxy, Session};
use crate::store::StoreError;

/// The owner of the connection.
pub(super) struct Line {
    options: PgConnectOptions,
    proxy: Arc<Proxy>,
    limit: Duration,
    slot: Mutex<Slot>,
}

enum Slot {
    /// There was no connection yet.
    New,
    Ready(Box<Own>),
    Lost,
    Closed,
}

/// A connection that nobody else uses.
pub(super) struct Own {
    pub(super) connection: PgConnection,
    /// Whether it keeps its plans, or must not.
    is_set: bool,
}

/// The connection while it is used; lost when this is dropped.
pub(super) struct Held<'a> {
    slot: MutexGuard<'a, Slot>,
    proxy: &'a Proxy,
    limit: Duration,
    pub(super) own: Box<Own>,
}

impl Line {
    /// Nothing on it may take longer than `limit`.
    pub(super) fn new(options: PgConnectOptions, proxy: &Arc<Proxy>, limit: Duration) -> Self {
        Self {
            options,
            proxy: Arc::clone(proxy),
            limit,
            slot: Mutex::new(Slot::New),
        }
    }

    /// Waits for the connection to be free, and makes a new one where there is none.
    pub(super) async fn hold(&self) -> Result<Held<'_>, StoreError> {
        self.take(self.slot.lock().await).await
    }

    /// The first of these that is free; where none is, waits for the first of all.
    pub(super) async fn hold_one(lines: &[Self]) -> Result<Held<'_>, StoreError> {
        for line in lines {
            if let Ok(slot) = line.slot.try_lock() {
                return line.take(slot).await;
            }
        }
        lines.first().ok_or_else(closed)?.hold().await
    }

    async fn take<'a>(&'a self, mut slot: MutexGuard<'a, Slot>) -> Result<Held<'a>, StoreError> {
        let own = match std::mem::replace(&mut *slot, Slot::Lost) {
            Slot::Ready(own) => own,
            Slot::New => {
                *slot = Slot::New;
                self.connect(first).await?
            }
            Slot::Lost => self.connect(translate).await?,
            Slot::Closed => {
                *slot = Slot::Closed;
                return Err(closed());
            }
        };
        Ok(Held {
            slot,
            proxy: &self.proxy,
            limit: self.limit,
            own,
        })
    }

    async fn connect(
        &self,
        translate: fn(&sqlx::Error) -> StoreError,
    ) -> Result<Box<Own>, StoreError> {
        let connecting = tokio::time::timeout(self.limit, self.options.connect());
        let connected = connecting.await.map_err(|_| silent())?;
        let connection = connected.map_err(|error| translate(&error))?;
        Ok(Box::new(Own {
            connection,
            is_set: false,
        }))
    }

    /// Waits for the work under way and closes the connection.
    pub(super) async fn close(&self) {
        let slot = std::mem::replace(&mut *self.slot.lock().await, Slot::Closed);
        if let Slot::Ready(own) = slot {
            // Whatever goes wrong here, all that was committed is durable.
            drop(tokio::time::timeout(self.limit, own.connection.close()).await);
        }
    }
}

impl Held<'_> {
    /// Keeps the connection.
    pub(super) fn release(mut self) {
        *self.slot = Slot::Ready(self.own);
    }

    /// Does one piece of work, and keeps the connection where it can be used again.
    pub(super) async fn run<T, W>(mut self, work: W) -> Result<T, StoreError>
    where
        W: AsyncFnOnce(&mut Session<'_>) -> Result<T, sqlx::Error>,
    {
        let working = self.own.perform(self.proxy, work);
        let result = tokio::time::timeout(self.limit, working).await;
        let Ok(result) = result else {
            return Err(silent());
        };
        if result.as_ref().err().is_none_or(spares_connection) {
            *self.slot = Slot::Ready(self.own);
        }
        result.map_err(|error| translate(&error))
    }
}

impl Own {
    async fn perform<T, W>(&mut self, proxy: &Proxy, work: W) -> Result<T, sqlx::Error>
    where
        W: AsyncFnOnce(&mut Session<'_>) -> Result<T, sqlx::Error>,
    {
        if !self.is_set {
            proxy.keep_plans(&mut self.connection).await?;
            self.is_set = true;
        }
        proxy.perform(&mut self.connection, work).await
    }
}
