//! The one connection that writes. A transaction that does not end well takes its connection with
//! it: what state that was in is never guessed at, and the next one begins on a new connection.

use std::path::PathBuf;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions as _, Connection as _};
use tokio::sync::{Mutex, MutexGuard};

use super::error::{closed, translate};
use crate::store::StoreError;

/// The owner of the writing connection.
pub(super) struct Writer {
    path: PathBuf,
    options: SqliteConnectOptions,
    slot: Mutex<Slot>,
}

pub(super) enum Slot {
    Ready(SqliteConnection),
    Lost,
    Closed,
}

/// The right to write on another connection.
pub(super) struct Turn<'a>(#[expect(dead_code, reason = "held")] MutexGuard<'a, Slot>);

/// A transaction under way; rolled back when it is dropped.
pub(super) struct Transaction<'a> {
    writer: &'a Writer,
    slot: MutexGuard<'a, Slot>,
    pub(super) connection: SqliteConnection,
}

impl Writer {
    pub(super) fn new(
        path: PathBuf,
        options: SqliteConnectOptions,
        connection: SqliteConnection,
    ) -> Self {
        Self {
            path,
            options,
            slot: Mutex::new(Slot::Ready(connection)),
        }
    }

    /// Begins a transaction that has the right to write.
    pub(super) async fn begin(&self) -> Result<Transaction<'_>, StoreError> {
        let mut slot = self.slot.lock().await;
        let connection = match std::mem::replace(&mut *slot, Slot::Lost) {
            Slot::Ready(connection) => connection,
            Slot::Lost => self
                .options
                .connect()
                .await
                .map_err(|error| self.translate(&error))?,
            Slot::Closed => {
                *slot = Slot::Closed;
                return Err(closed());
            }
        };
        let mut transaction = Transaction {
            writer: self,
            slot,
            connection,
        };
        transaction.run("begin immediate").await?;
        Ok(transaction)
    }

    /// Waits until nobody else of this process writes, and has it so for as long as the answer lives.
    pub(super) async fn turn(&self) -> Result<Turn<'_>, StoreError> {
        let slot = self.slot.lock().await;
        if matches!(*slot, Slot::Closed) {
            return Err(closed());
        }
        Ok(Turn(slot))
    }

    /// Waits for the transaction under way and closes the connection.
    pub(super) async fn close(&self) {
        if let Slot::Ready(connection) =
            std::mem::replace(&mut *self.slot.lock().await, Slot::Closed)
        {
            // Whatever goes wrong here, all that was committed is on the disk.
            let _ = connection.close().await;
        }
    }

    fn translate(&self, error: &sqlx::Error) -> StoreError {
        translate(&self.path, error)
    }
}

impl Transaction<'_> {
    /// Makes it durable.
    pub(super) async fn commit(mut self) -> Result<(), StoreError> {
        self.run("commit").await?;
        *self.slot = Slot::Ready(self.connection);
        Ok(())
    }

    async fn run(&mut self, statement: &'static str) -> Result<(), StoreError> {
        sqlx::query(statement)
            .execute(&mut self.connection)
            .await
            .map(|_| ())
            .map_err(|error| self.writer.translate(&error))
    }
}
