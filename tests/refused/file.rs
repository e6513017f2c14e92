//! SQLite files that cannot be used.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use scoop::Scoop;

use crate::sagas::{Mailer, greet};
use crate::sql;
use crate::support::{Place, connecting};

async fn refused(path: &Path) -> String {
    let url = format!("sqlite:{}", path.display());
    let connected = Scoop::connect(url).provide(Mailer).await;
    let said = connected.unwrap_err().to_string();
    let directory = path.parent().unwrap();
    said.replace(&format!("{}/", directory.display()), "")
}

#[tokio::test]
async fn a_file_that_cannot_be_read() {
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str| directory.path().join(name);
    std::fs::write(file("text.db"), "this is no database at all, but some text").unwrap();
    std::fs::write(file("ro.db"), "").unwrap();
    let mut permissions = std::fs::metadata(file("ro.db")).unwrap().permissions();
    permissions.set_readonly(true);
    std::fs::set_permissions(file("ro.db"), permissions).unwrap();
    std::fs::create_dir(file("folder")).unwrap();
    for (name, says) in [
        ("text.db", "SQLite file `text.db`: file is not a database"),
        (
            "ro.db",
            "cannot open the SQLite file `ro.db`: it is read-only",
        ),
        (
            "folder",
            "cannot open the SQLite file `folder`: it is a directory",
        ),
    ] {
        assert_eq!(refused(&file(name)).await, says);
    }
    let lost = file("lost").join("trips.db");
    let says = format!(
        "cannot open the SQLite file `trips.db`: the directory `{}` does not exist",
        file("lost").display()
    );
    assert_eq!(refused(&lost).await, says);
    let text = std::fs::read_to_string(file("text.db")).unwrap();
    assert_eq!(text, "this is no database at all, but some text");
}

/// Nobody else may read it: what the operating system says of that is told.
#[cfg(unix)]
#[tokio::test]
async fn a_file_of_somebody_else() {
    use std::os::unix::fs::PermissionsExt as _;

    let directory = tempfile::tempdir().unwrap();
    let everybody = std::fs::Permissions::from_mode(0o777);
    std::fs::set_permissions(directory.path(), everybody).unwrap();
    let file = directory.path().join("secret.db");
    std::fs::write(&file, "").unwrap();
    for mode in [0o200, 0o000] {
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
        let said = said_by_nobody(&file, directory.path());
        let says = "cannot open the SQLite file `secret.db`: Permission denied (os error 13)";
        assert_eq!(said.as_deref(), Some(says), "{mode:o}");
    }
}

/// What another process is told; one of `nobody`'s, if this is one of root's, who may do anything.
#[cfg(unix)]
fn said_by_nobody(file: &Path, directory: &Path) -> Option<String> {
    use std::os::unix::process::CommandExt as _;

    const NOBODY: u32 = 65_534;
    if !rustix::process::geteuid().is_root() {
        return said_by(&mut Command::new(std::env::current_exe().unwrap()), file);
    }
    // Where this program is nobody may be allowed to look.
    let program = directory.join("program");
    std::fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    said_by(Command::new(program).uid(NOBODY).gid(NOBODY), file)
}

/// What the second process is told of this file.
fn said_by(program: &mut Command, file: &Path) -> Option<String> {
    let second = program.args(["file::second_process", "--exact", "--nocapture"]);
    let output = second.env(FILE, file).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let line = said.lines().find_map(|line| line.strip_prefix("said: "));
    line.map(ToOwned::to_owned)
}

const FILE: &str = "SCOOP_REFUSED_FILE";

/// The second process: does nothing unless the first one started it.
#[tokio::test]
async fn second_process() {
    if let Ok(file) = std::env::var(FILE) {
        println!("said: {}", refused(Path::new(&file)).await);
    }
}

#[tokio::test]
async fn a_file_that_another_process_has() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("trips.db");
    let url = format!("sqlite:{}", file.display());
    let first = Scoop::connect(&url).provide(Mailer).await.unwrap();
    let other = || said_by(&mut Command::new(std::env::current_exe().unwrap()), &file);
    let says = "the SQLite file `trips.db` is in use: another process, or this one, has it open as \
                a store and holds `trips.db.lock`";
    assert_eq!(other().as_deref(), Some(says));
    let handle = first.start(greet("Ada".to_owned())).await.unwrap();
    assert_eq!(handle.wait().await.unwrap(), 3, "the first one goes on");
    first.shutdown().await;
    assert_eq!(
        other(),
        None,
        "it is free now, so there is no error to be told"
    );
}

#[tokio::test]
async fn a_schema_of_a_newer_program() {
    let place = Place::sqlite();
    place.open().await.close().await;
    let none = "018bcfe5-6800-7000-8000-000000000001".parse().unwrap();
    let newer = "insert into scoop_migration values (99, 'future', 0)";
    sql::execute(&place, newer, none).await;
    let Place::Sqlite(directory) = &place else {
        unreachable!()
    };
    let says = "the store has schema version 99, made by a newer program than this one, which \
                knows versions up to 9";
    assert_eq!(refused(&directory.path().join("runs.db")).await, says);
}

/// Somebody else's transaction (a backup, the application) is waited for, however long it lasts.
#[tokio::test]
async fn a_file_that_is_locked_for_a_while() {
    let place = Place::sqlite();
    let store = place.open().await;
    let scoop = connecting(Arc::clone(&store))
        .provide(Mailer)
        .await
        .unwrap();
    let mut other = sql::connection(&place).await;
    sqlx::query("begin immediate")
        .execute(&mut other)
        .await
        .unwrap();
    let mut started = Box::pin(scoop.start(greet("Ada".to_owned())).into_future());
    assert!(waits(&mut started).await, "it cannot be stored yet");
    sqlx::query("commit").execute(&mut other).await.unwrap();
    let handle = started.await.unwrap();
    assert_eq!(handle.wait().await.unwrap(), 3);
}

/// A file that stays locked is given up on after some seconds, when a program starts.
#[tokio::test]
async fn a_file_that_stays_locked() {
    let place = Place::sqlite();
    place.open().await.close().await;
    let mut other = sql::connection(&place).await;
    let lock = "pragma locking_mode = exclusive; begin exclusive";
    sqlx::raw_sql(lock).execute(&mut other).await.unwrap();
    let Place::Sqlite(directory) = &place else {
        unreachable!()
    };
    let said = refused(&directory.path().join("runs.db")).await;
    let says = "the store is not available: SQLite file `runs.db`: database is locked";
    assert_eq!(said, says);
}

/// Polls a few times. Whether it is still not ready.
async fn waits<F: Future + Unpin>(future: &mut F) -> bool {
    for _ in 0..100 {
        let polled = std::future::poll_fn(|context| {
            std::task::Poll::Ready(std::pin::Pin::new(&mut *future).poll(context).is_pending())
        });
        if !polled.await {
            return false;
        }
        tokio::task::yield_now().await;
    }
    true
}
