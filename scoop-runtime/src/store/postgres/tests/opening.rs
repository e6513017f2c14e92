//! Facts about opening: many at once, versions of the schema, what is said where it fails.

use std::time::Duration;

use sqlx::{AssertSqlSafe, Executor as _};

use super::{brief, database, execute, number, open, raw};
use crate::store::conformance::sample::{id, start, worker};
use crate::store::postgres::migrate::{self, MIGRATIONS, Migration};
use crate::store::postgres::session::Session;
use crate::store::{Opening, PostgresStore, Store as _, StoreError};

#[tokio::test(flavor = "multi_thread")]
async fn ten_first_openings_at_once_make_one_schema() {
    let url = database().await;
    let opened = (0..10).map(|_| {
        let url = url.clone();
        tokio::spawn(async move {
            PostgresStore::open(&url, Opening::default())
                .await
                .map(drop)
        })
    });
    for opened in opened.collect::<Vec<_>>() {
        opened.await.unwrap().unwrap();
    }
    let migrations = number(&url, "select count(*) from scoop.migration").await;
    assert_eq!(migrations, i64::try_from(MIGRATIONS.len()).unwrap());
}

#[tokio::test]
async fn what_is_printed_for_an_administrator_makes_the_same_schema() {
    let url = database().await;
    for migration in PostgresStore::migrations() {
        execute(&url, migration.sql).await;
    }
    // Nobody else may make anything, and nobody has to.
    execute(
        &url,
        "create role teller login; \
         grant usage on schema scoop to teller; \
         grant select, insert, update, delete on all tables in schema scoop to teller",
    )
    .await;
    let teller = url.replace("//scoop@", "//teller@");
    if teller == url {
        return;
    }
    let store = open(&teller).await;
    let fence = store.attach(&worker("w")).await.unwrap();
    store.commit(&fence, &[start(1)]).await.unwrap();
    assert!(store.run(id(1)).await.unwrap().is_some());
    execute(&url, "drop owned by teller; drop role teller").await;
}

const NEXT: Migration = Migration {
    version: 99,
    name: "next",
    sql: "alter table scoop.run add column next text;
          insert into scoop.migration (version, name, oldest) values (99, 'next', 1);",
};

#[tokio::test]
async fn a_schema_in_front_of_the_applications_is_noticed() {
    let url = database().await;
    let _store = open(&url).await;
    let mut connection = raw(&url).await;
    for (path, wanted) in [
        ("public", false),
        ("public, scoop", false),
        ("nothing, scoop, public", true),
        ("scoop", true),
    ] {
        let set = format!("set search_path = {path}");
        connection.execute(AssertSqlSafe(set)).await.unwrap();
        let mut session = Session {
            connection: &mut connection,
            kept: true,
        };
        let is_in_front = migrate::is_in_front(&mut session).await.unwrap();
        assert_eq!(is_in_front, wanted, "{path}");
    }
}

#[tokio::test]
async fn an_older_schema_is_migrated_while_the_older_program_works_on() {
    let url = database().await;
    let old = open(&url).await;
    let fence = old.attach(&worker("old")).await.unwrap();
    old.commit(&fence, &[start(1)]).await.unwrap();
    let all = [MIGRATIONS, &[NEXT]].concat();
    let new = PostgresStore::open_with(&url, brief(), &all).await.unwrap();
    assert!(new.run(id(1)).await.unwrap().is_some());
    assert_eq!(number(&url, "select count(next) from scoop.run").await, 0);
    old.commit(&fence, &[start(2)]).await.unwrap();
    drop(open(&url).await);
    assert_eq!(
        number(&url, "select max(version) from scoop.migration").await,
        NEXT.version
    );
}

#[tokio::test]
async fn a_schema_that_needs_a_newer_program_is_refused() {
    let url = database().await;
    open(&url).await;
    execute(
        &url,
        "insert into scoop.migration (version, name, oldest) values (99, 'x', 98)",
    )
    .await;
    let error = PostgresStore::open(&url, brief()).await.unwrap_err();
    let newest = MIGRATIONS.last().unwrap().version;
    assert!(
        matches!(error, StoreError::NewerSchema { found: 99, known } if known == newest),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_migration_that_fails_leaves_nothing() {
    let url = database().await;
    let bad = [
        MIGRATIONS[0],
        Migration {
            version: 2,
            name: "bad",
            sql: "create table scoop.half (); create table scoop.half ();",
        },
    ];
    PostgresStore::open_with(&url, brief(), &bad)
        .await
        .unwrap_err();
    let schemas = "select count(*) from pg_namespace where nspname = 'scoop'";
    assert_eq!(number(&url, schemas).await, 0);
    open(&url).await;
}

/// The test server has no certificate.
fn encrypted(url: &str) -> String {
    let plain = url.split('?').next().unwrap();
    format!("{plain}?sslmode=require")
}

#[tokio::test]
async fn what_cannot_be_opened_is_said_at_once() {
    let url = database().await;
    let patient = Opening {
        patience: Duration::from_secs(600),
        ..Opening::default()
    };
    for (url, says) in [
        (url.replace("/scoop_test_", "/no_"), "does not exist"),
        (
            url.replace("//scoop@", "//nobody@"),
            "role \"nobody\" does not exist",
        ),
        ("postgres://h:port/db".to_owned(), "it looks like"),
        (encrypted(&url), "TLS"),
    ] {
        let error = PostgresStore::open(&url, patient).await.unwrap_err();
        assert!(matches!(error, StoreError::Unusable(_)), "{error:?}");
        assert!(error.to_string().contains(says), "{error}");
    }
}

#[tokio::test]
async fn who_may_make_no_tables_is_told_who_can() {
    let url = database().await;
    let mut connection = raw(&url).await;
    let role = "create role guest_of_tests login";
    drop(connection.execute(AssertSqlSafe(role)).await);
    let guest = url.replace("//scoop@", "//guest_of_tests@");
    let error = PostgresStore::open(&guest, brief()).await.unwrap_err();
    assert!(
        error.to_string().contains("cargo xtask migrations"),
        "{error}"
    );
}
