//! Facts about opening: what is said where it fails, one process at a time, versions of the schema.

use std::fs;
use std::path::Path;

use super::{execute, fresh, place, texts};
use crate::store::conformance::sample::{start, worker};
use crate::store::sqlite::migrate::{MIGRATIONS, Migration};
use crate::store::{SqliteStore, Store as _, StoreError};

async fn unusable(path: &Path, says: &str) {
    let error = SqliteStore::open(path).await.unwrap_err();
    assert!(matches!(error, StoreError::Unusable(_)), "{error:?}");
    let message = error.to_string();
    assert!(message.contains(&path.display().to_string()), "{message}");
    assert!(message.contains(says), "{message}");
}

#[tokio::test]
async fn what_cannot_be_a_database_is_named() {
    let (directory, path) = place();
    unusable(directory.path(), "it is a directory").await;
    unusable(
        &directory.path().join("no").join("t.db"),
        "no` does not exist",
    )
    .await;
    unusable(Path::new("/dev/null"), "it is not a regular file").await;
    for text in ["hi".to_owned(), "not a database ".repeat(1_000)] {
        fs::write(&path, &text).unwrap();
        unusable(&path, "file is not a database").await;
        assert_eq!(
            fs::read_to_string(&path).unwrap(),
            text,
            "it was left as it is"
        );
    }
    let mut permissions = fs::metadata(&path).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&path, permissions).unwrap();
    unusable(&path, "it is read-only").await;
}

#[tokio::test]
async fn a_file_where_the_directory_should_be_is_named() {
    let (_directory, path) = place();
    fs::write(&path, "").unwrap();
    unusable(&path.join("t.db"), "Not a directory").await;
}

#[tokio::test]
async fn a_lock_file_that_cannot_be_made_is_named() {
    let (directory, path) = place();
    fs::create_dir(directory.path().join("trips.db.lock")).unwrap();
    unusable(&path, "trips.db.lock` cannot be made").await;
}

#[tokio::test]
async fn an_empty_file_becomes_a_store() {
    let (_directory, path) = place();
    fs::write(&path, "").unwrap();
    SqliteStore::open(&path).await.unwrap();
}

#[tokio::test]
async fn a_second_opening_is_refused_until_the_first_is_closed() {
    let (directory, path, store) = fresh().await;
    let crooked = directory.path().join(".").join("trips.db");
    for path in [&path, &crooked] {
        let error = SqliteStore::open(path).await.unwrap_err();
        assert!(matches!(error, StoreError::InUse(_)), "{error:?}");
        assert!(error.to_string().contains("trips.db.lock"), "{error}");
    }
    store.close().await;
    drop(SqliteStore::open(&path).await.unwrap());
    SqliteStore::open(&path).await.unwrap();
}

#[cfg(unix)]
#[tokio::test]
async fn a_link_to_the_file_has_the_same_lock() {
    let (directory, path, _store) = fresh().await;
    let link = directory.path().join("link.db");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    let error = SqliteStore::open(&link).await.unwrap_err();
    assert!(matches!(error, StoreError::InUse(_)), "{error:?}");
}

#[tokio::test]
async fn a_live_worker_keeps_its_name() {
    let (_directory, _path, store) = fresh().await;
    let fence = store.attach(&worker("w")).await.unwrap();
    let error = store.attach(&worker("w")).await.unwrap_err();
    assert!(matches!(error, StoreError::InUse(_)), "{error:?}");
    assert!(
        error.to_string().contains("`w` is running already"),
        "{error}"
    );
    store.commit(&fence, &[start(1)]).await.unwrap();
}

#[tokio::test]
async fn a_newer_schema_is_refused_and_left_alone() {
    let (_directory, path, store) = fresh().await;
    store.close().await;
    execute(
        &path,
        "insert into scoop_migration values (99, 'future', 0)",
    )
    .await;
    let error = SqliteStore::open(&path).await.unwrap_err();
    assert!(
        matches!(
            error,
            StoreError::NewerSchema {
                found: 99,
                known: 8
            }
        ),
        "{error:?}"
    );
}

#[tokio::test]
async fn an_older_schema_is_brought_up_to_date_once() {
    let (_directory, path, store) = fresh().await;
    let fence = store.attach(&worker("w")).await.unwrap();
    store.commit(&fence, &[start(1)]).await.unwrap();
    store.close().await;
    let sql = "alter table scoop_run add column note text; create table scoop_note (a) strict";
    let broken = [
        Migration {
            version: 1,
            name: "runs",
            sql: "",
        },
        next(sql),
    ];
    SqliteStore::open_with(&path, &broken).await.unwrap_err();
    let sql = "alter table scoop_run add column note text; create table scoop_note (a)";
    let all = [MIGRATIONS, &[next(sql)]].concat();
    for _ in 0..2 {
        let store = SqliteStore::open_with(&path, &all).await.unwrap();
        assert!(store.run(start(1).run).await.unwrap().is_some());
        store.close().await;
    }
    let applied = texts(&path, "select version || ' ' || name from scoop_migration").await;
    let known = all
        .iter()
        .map(|one| format!("{} {}", one.version, one.name));
    assert_eq!(applied, known.collect::<Vec<_>>());
}

fn next(sql: &'static str) -> Migration {
    Migration {
        version: MIGRATIONS.len() as i64 + 1,
        name: "notes",
        sql,
    }
}

#[tokio::test]
async fn tables_of_the_application_live_in_the_same_file() {
    let (_directory, path) = place();
    execute(
        &path,
        "create table run (id); create table _sqlx_migrations (v); pragma user_version = 7",
    )
    .await;
    SqliteStore::open(&path).await.unwrap().close().await;
    let foreign = "select name from sqlite_schema where type = 'table' and name not like 'scoop!_%' escape '!' order by name";
    assert_eq!(texts(&path, foreign).await, ["_sqlx_migrations", "run"]);
    let version = "select cast(user_version as text) from pragma_user_version";
    assert_eq!(texts(&path, version).await, ["7"]);
}
