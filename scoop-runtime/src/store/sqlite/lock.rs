//! The lock beside the file: `trips.db.lock`, held while the store is open. The operating system
//! releases it when the process dies, so it is never stale; the file itself stays.

use std::fs::{File, OpenOptions, Permissions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use crate::store::StoreError;

/// Finds the file behind `path`, so that one database has one lock however it is named, and says
/// plainly why it cannot be a database.
pub(super) fn locate(path: &Path) -> Result<PathBuf, StoreError> {
    match path.metadata() {
        Ok(found) if found.is_dir() => Err(cannot(path, "it is a directory")),
        Ok(found) if !found.is_file() => Err(cannot(path, "it is not a regular file")),
        Ok(found) if is_read_only(&found.permissions()) => Err(cannot(path, "it is read-only")),
        Ok(_) => path
            .canonicalize()
            .map_err(|error| cannot(path, &error.to_string())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => place(path),
        Err(error) => Err(cannot(path, &error.to_string())),
    }
}

/// Why the operating system does not open a file that SQLite could not open; none where it does.
pub(super) fn refusal(path: &Path) -> Option<StoreError> {
    match OpenOptions::new().read(true).write(true).open(path) {
        Ok(file) => {
            // Closing it would release the locks of the application's own connections to it.
            std::mem::forget(file);
            None
        }
        Err(error) => Some(cannot(path, &error.to_string())),
    }
}

/// Whether it may be read only; one that may not even be read is another matter.
fn is_read_only(permissions: &Permissions) -> bool {
    #[cfg(unix)]
    if std::os::unix::fs::PermissionsExt::mode(permissions) & 0o444 == 0 {
        return false;
    }
    permissions.readonly()
}

/// Takes the lock of the database `path`.
pub(super) fn acquire(path: &Path) -> Result<File, StoreError> {
    let lock = lock_file(path);
    let file = OpenOptions::new()
        .create(true)
        .write(true)
        .truncate(false)
        .open(&lock)
        .map_err(|error| {
            cannot(
                path,
                &format!("its lock file `{}` cannot be made: {error}", lock.display()),
            )
        })?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::InUse(format!(
            "the SQLite file `{}` is in use: another process, or this one, has it open as a store \
             and holds `{}`",
            path.display(),
            lock.display()
        ))),
        Err(TryLockError::Error(error)) => Err(cannot(
            path,
            &format!("`{}` cannot be locked: {error}", lock.display()),
        )),
    }
}

fn lock_file(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    PathBuf::from(name)
}

fn place(path: &Path) -> Result<PathBuf, StoreError> {
    let Some(name) = path.file_name() else {
        return Err(cannot(path, "it names no file"));
    };
    let parent = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    match parent.canonicalize() {
        Ok(parent) => Ok(parent.join(name)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(cannot(
            path,
            &format!("the directory `{}` does not exist", parent.display()),
        )),
        Err(error) => Err(cannot(path, &error.to_string())),
    }
}

fn cannot(path: &Path, why: &str) -> StoreError {
    StoreError::Unusable(format!(
        "cannot open the SQLite file `{}`: {why}",
        path.display()
    ))
}
