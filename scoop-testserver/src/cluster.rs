//! Where a server has its data: a directory of its own user's.

use std::fs;
use std::io;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::trouble;
use crate::user::User;

/// A new directory, for as long as the server runs.
pub(crate) fn temporary(user: Option<User>) -> io::Result<PathBuf> {
    let nanos = std::time::UNIX_EPOCH
        .elapsed()
        .unwrap_or_default()
        .as_nanos();
    let name = format!("scoop-postgres-{}-{nanos}", std::process::id());
    let directory = std::env::temp_dir().join(name);
    fs::create_dir(&directory)?;
    own(&directory, user)?;
    Ok(directory)
}

/// Makes it a directory that only the server's user can use.
fn own(directory: &Path, user: Option<User>) -> io::Result<()> {
    fs::set_permissions(directory, fs::Permissions::from_mode(0o700))?;
    match user {
        Some(user) => chown(directory, Some(user.id), Some(user.group)),
        None => Ok(()),
    }
}

pub(crate) fn initialise(binaries: &Path, directory: &Path, user: Option<User>) -> io::Result<()> {
    let mut initdb = Command::new(binaries.join("initdb"));
    initdb
        .args([
            "--username=scoop",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C",
        ])
        .args(["--no-sync", "-D"])
        .arg(directory.join("data"))
        .current_dir(directory)
        .stdin(Stdio::null());
    if let Some(user) = user {
        user.run(&mut initdb);
    }
    let output = initdb.output()?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(trouble(format!("`initdb` failed:\n{said}")))
}

/// Whether what is committed is on the disk then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sync {
    /// As in production.
    On,
    /// It outlives the server, but not the machine: that is enough for tests, which wait for the disk
    /// most of their time otherwise.
    Off,
}

/// With room for many tests at once.
pub(crate) fn configure(directory: &Path, port: u16, sync: Sync) -> io::Result<()> {
    let path = directory.join("data/postgresql.auto.conf");
    let socket = directory.display();
    let fsync = match sync {
        Sync::On => "on",
        Sync::Off => "off",
    };
    let settings = format!(
        "listen_addresses = '127.0.0.1'\nport = {port}\nunix_socket_directories = '{socket}'\n\
         max_connections = 300\nshared_buffers = '256MB'\nfsync = {fsync}\nsynchronous_commit = on\n\
         max_wal_size = '4GB'\n"
    );
    fs::write(path, settings)
}

/// A directory that stays; made where it is missing.
pub(crate) fn lasting(directory: &Path, user: Option<User>) -> io::Result<PathBuf> {
    fs::create_dir_all(directory)?;
    let directory = directory.canonicalize()?;
    own(&directory, user)?;
    Ok(directory)
}

/// Makes the cluster, unless it was made whole: `initdb` may have been killed.
pub(crate) fn complete(binaries: &Path, directory: &Path, user: Option<User>) -> io::Result<()> {
    let made = directory.join("made");
    if made.exists() {
        return Ok(());
    }
    drop(fs::remove_dir_all(directory.join("data")));
    initialise(binaries, directory, user)?;
    fs::write(&made, "")
}

/// Whether a server has its data there, and lives.
pub(crate) fn is_held(lock: &Path) -> bool {
    let text = fs::read_to_string(lock).unwrap_or_default();
    let process = text.lines().next().unwrap_or_default();
    let name = Path::new("/proc").join(process).join("comm");
    !process.is_empty() && fs::read_to_string(name).is_ok_and(|name| name.trim() == "postgres")
}
