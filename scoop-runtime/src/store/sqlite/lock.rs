//! The lock beside the file: one process at a time.

use std::fs::{File, TryLockError};
use std::path::Path;

use super::StoreError;

/// Held while the store is open; the operating system releases it when the process dies.
#[derive(Debug)]
pub(super) struct FileLock {
    file: File,
}

impl FileLock {
    /// Takes the lock of the database at `path`.
    pub(super) fn take(path: &Path) -> Result<Self, StoreError> {
        let mut beside = path.as_os_str().to_owned();
        beside.push(".lock");
        let beside = Path::new(&beside);
        let unusable = |error: &std::io::Error| {
            StoreError::Unusable(format!(
                "cannot use the lock file {}: {error}",
                beside.display()
            ))
        };
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(beside)
            .map_err(|error| unusable(&error))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { file }),
            Err(TryLockError::WouldBlock) => Err(StoreError::InUse(format!(
                "{} is in use by another process: a SQLite store has one at a time",
                path.display()
            ))),
            Err(TryLockError::Error(error)) => Err(unusable(&error)),
        }
    }

    /// Releases the lock before the store is dropped.
    pub(super) fn release(&self) {
        drop(self.file.unlock());
    }
}
