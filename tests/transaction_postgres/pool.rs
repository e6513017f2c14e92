//! The application's own pool: a few connections carry many sagas.

use std::time::{Duration, Instant};

use scoop::Scoop;
use scoop::Status::Completed;
use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::SqlitePoolOptions;

use crate::place::Place;
use crate::sagas::only;
use crate::world::{World, end_of};

#[tokio::test(flavor = "multi_thread")]
async fn five_connections_carry_a_thousand_sagas() {
    let place = Place::new().await;
    let options = PgPoolOptions::new().max_connections(5);
    let pool = options.connect(&place.url).await.unwrap();
    let connecting = Scoop::connect(&place.url).provide(World::default());
    let scoop = connecting.pool(pool.clone()).await.unwrap();
    let began = Instant::now();
    let runs = (0..1_000).map(|number| {
        let start = scoop.start(only(format!("case {number}")));
        tokio::spawn(async move { end_of(&start.await.unwrap()).await })
    });
    for run in runs.collect::<Vec<_>>() {
        let (status, text) = run.await.unwrap();
        assert_eq!(
            (status, &*text),
            (
                Completed,
                r#""thing 0, thing 1, thing 2""#.replace("thing", "a thing").as_str()
            )
        );
    }
    println!(
        "1,000 sagas of 3 transactional steps: {:?}",
        began.elapsed()
    );
    let count = "select count(*) from ledger";
    let lines: i64 = sqlx::query_scalar(count).fetch_one(&pool).await.unwrap();
    assert_eq!(lines, 3_000);
    scoop.shutdown().await;
    assert!(!pool.is_closed(), "it is the application's");
    // No connection was kept.
    let waited = tokio::time::timeout(Duration::from_secs(5), async {
        let mut held = Vec::new();
        for _ in 0..5 {
            held.push(pool.acquire().await.unwrap());
        }
    });
    waited.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_of_another_database_is_refused() {
    let place = Place::new().await;
    let pool = SqlitePoolOptions::new()
        .connect_lazy("sqlite:x.db")
        .unwrap();
    let connecting = Scoop::connect(&place.url).provide(World::default());
    let error = connecting.pool(pool).await.unwrap_err();
    let wanted = "`.pool(..)` leads to SQLite, and the store is `postgres:`";
    assert_eq!(error.to_string(), wanted);
}
