//! A shop as an axum service on a pool of its own. A POST stores the order and starts its saga in one
//! transaction: there are both or neither. Kill the service when you like and start it again.
//!
//! ```sh
//! export DATABASE_URL=postgres://localhost/shop
//! cargo run --example web
//! curl -i localhost:3000/orders --json '{"id":"o-1","article":"bike","units":2,"card":"visa"}'
//! curl -i localhost:3000/orders/o-1
//! curl -i localhost:3000/orders --json '{"id":"o-1","article":"bike","units":9,"card":"visa"}'
//! curl -i localhost:3000/orders --json '{"id":"o-2","article":"bike","units":0,"card":"visa"}'
//! curl -i localhost:3000/orders --json '{"id":"o-3","article":"bike","units":1,"card":"stolen"}'
//! ```
//!
//! They answer 202 and 200, 409 (that id has another content), 422 (the row is refused, so there is no
//! saga), and 202: that one is undone, as GET shows.

use std::time::Duration;

use anyhow::Context as _;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header::LOCATION};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use scoop::{Postgres, Scoop, Trouble, Tx, saga, step};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sqlx::postgres::{PgPool, PgPoolOptions};
use sqlx::query;
use tokio::signal::unix::{SignalKind, signal};

const TABLES: &str = "
    create table if not exists stock (article text primary key, units integer not null);
    insert into stock values ('bike', 100), ('tent', 5) on conflict do nothing;
    create table if not exists orders (
        id text primary key check (id ~ '^[A-Za-z0-9-]+$'),
        article text not null,
        units integer not null check (units > 0),
        state text not null default 'accepted'
    )";

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Order {
    id: String,
    article: String,
    units: i32,
    card: String,
}

#[derive(Debug, thiserror::Error, Serialize, Deserialize)]
enum Refused {
    #[error("there are not {units} of `{article}` left")]
    OutOfStock { article: String, units: i32 },
    #[error("the card was declined")]
    Declined,
    #[error("the database: {0}")]
    Database(String),
}

impl From<sqlx::Error> for Refused {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.to_string())
    }
}

// The saga. What a step writes with its `tx` happens exactly once, together with its checkpoint.

#[step(rollback = release)]
async fn reserve(order: &Order, tx: &mut Tx<'_, Postgres>) -> Result<(), Refused> {
    let take = "update stock set units = units - $2 where article = $1 and units >= $2";
    let take = query(take).bind(&order.article).bind(order.units);
    if take.execute(&mut *tx).await?.rows_affected() == 0 {
        let (article, units) = (order.article.clone(), order.units);
        return Err(Refused::OutOfStock { article, units });
    }
    set_state(order, "reserved", tx).await
}

async fn release(order: &Order, (): (), tx: &mut Tx<'_, Postgres>) -> Result<(), Refused> {
    let put_back = "update stock set units = units + $2 where article = $1";
    let put_back = query(put_back).bind(&order.article).bind(order.units);
    put_back.execute(&mut *tx).await?;
    set_state(order, "released", tx).await
}

/// Here the bank would be asked, with the key in the request: if the service dies on the way, the
/// bank is asked again, under the same key.
#[step(pivot)]
async fn charge(order: &Order) -> Result<String, Refused> {
    let context = scoop::context().expect("it runs in a saga");
    match &*order.card {
        "stolen" => Err(Refused::Declined),
        _ => Ok(format!("receipt {}", context.idempotency_key())),
    }
}

#[step(retriable)]
async fn ship(order: &Order, tx: &mut Tx<'_, Postgres>) -> Result<(), Refused> {
    set_state(order, "shipped", tx).await
}

async fn set_state(order: &Order, state: &str, tx: &mut Tx<'_, Postgres>) -> Result<(), Refused> {
    let update = query("update orders set state = $2 where id = $1");
    update.bind(&order.id).bind(state).execute(&mut *tx).await?;
    Ok(())
}

#[saga]
async fn fulfil(order: Order) -> Result<String, Refused> {
    reserve(&order).await?;
    let receipt = charge(&order).await?;
    scoop::sleep(Duration::from_secs(2)).await; // it is packed meanwhile
    ship(&order).await?;
    Ok(receipt)
}

// The service.

#[derive(Clone)]
struct Shop {
    pool: PgPool,
    scoop: Scoop,
}

/// The id names the order and its run, so whoever got no answer sends the same order once more.
async fn post_order(
    State(shop): State<Shop>,
    Json(order): Json<Order>,
) -> Result<Response, Failed> {
    let mut tx = shop.pool.begin().await?;
    let start = shop.scoop.start(fulfil(order.clone())).id(&order.id);
    start.start_in(&mut tx).await?;
    let insert =
        "insert into orders (id, article, units) values ($1, $2, $3) on conflict do nothing";
    let insert = query(insert).bind(&order.id).bind(&order.article);
    insert.bind(order.units).execute(&mut *tx).await?;
    tx.commit().await?;
    let location = format!("/orders/{}", order.id);
    Ok((StatusCode::ACCEPTED, [(LOCATION, location)]).into_response())
}

/// The row, and how far the run is.
async fn get_order(
    State(shop): State<Shop>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Failed> {
    let missing = || Failed(StatusCode::NOT_FOUND, format!("there is no order `{id}`"));
    let run = shop.scoop.find(fulfil, id.as_str()).await?;
    let run = run.ok_or_else(missing)?;
    // Asked first: of a run that has ended all that follows is as it left it.
    let status = format!("{:?}", run.status().await?);
    let (receipt, error) = match run.result().await {
        None => (None, None),
        Some(Ok(receipt)) => (Some(receipt), None),
        Some(Err(error)) => (None, Some(format!("{error:#}"))),
    };
    let row = sqlx::query_as("select article, units, state from orders where id = $1").bind(&id);
    let row: Option<(String, i32, String)> = row.fetch_optional(&shop.pool).await?;
    let (article, units, state) = row.ok_or_else(missing)?;
    Ok(Json(json!({
        "id": id, "article": article, "units": units, "state": state,
        "run": status, "receipt": receipt, "error": error,
    })))
}

/// An answer that is no order.
struct Failed(StatusCode, String);

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        (self.0, Json(json!({ "error": self.1 }))).into_response()
    }
}

impl From<sqlx::Error> for Failed {
    fn from(error: sqlx::Error) -> Self {
        let refused = error
            .as_database_error()
            .is_some_and(|error| error.is_check_violation());
        let status = if refused {
            StatusCode::UNPROCESSABLE_ENTITY
        } else {
            StatusCode::INTERNAL_SERVER_ERROR
        };
        Self(status, error.to_string())
    }
}

impl From<Trouble> for Failed {
    fn from(trouble: Trouble) -> Self {
        let status = match &trouble {
            Trouble::OtherInput { .. } => StatusCode::CONFLICT,
            Trouble::BadId(_) => StatusCode::UNPROCESSABLE_ENTITY,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self(status, trouble.to_string())
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let url = std::env::var("DATABASE_URL")
        .context("set DATABASE_URL to a PostgreSQL database, as postgres://localhost/shop")?;
    let address = std::env::args().nth(1);
    let address = address.as_deref().unwrap_or("127.0.0.1:3000");
    let pool = PgPoolOptions::new()
        .max_connections(10)
        .connect(&url)
        .await?;
    sqlx::raw_sql(TABLES).execute(&pool).await?;
    // Each process that runs beside others has a name of its own.
    let scoop = Scoop::connect(url).pool(pool.clone()).name("shop").await?;
    let shop = Shop {
        pool,
        scoop: scoop.clone(),
    };
    let app = Router::new()
        .route("/orders", post(post_order))
        .route("/orders/{id}", get(get_order))
        .with_state(shop);
    let listener = tokio::net::TcpListener::bind(address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    let mut terminated = signal(SignalKind::terminate())?;
    let stop = async move {
        tokio::select! {
            _ = terminated.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
    };
    axum::serve(listener, app)
        .with_graceful_shutdown(stop)
        .await?;
    scoop.shutdown().await; // steps under way are finished; the rest goes on at the next start
    Ok(())
}
