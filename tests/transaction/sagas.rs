//! Sagas whose steps write in the store's own database: a ledger in which nothing may stand twice.

use std::time::Duration;

use scoop::{Failure, Resource, Tx, saga, step};
use serde::{Deserialize, Serialize};
use sqlx::query;

use crate::Db;
use crate::kill::told;
use crate::world::World;

#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    #[error("the ledger: {0}")]
    Ledger(#[from] sqlx::Error),
    #[error("no")]
    No,
}

#[derive(Clone, Debug, PartialEq, thiserror::Error, Serialize, Deserialize)]
#[error("no {0}")]
pub(crate) struct No(pub(crate) String);

impl From<Trouble> for No {
    fn from(trouble: Trouble) -> Self {
        Self(trouble.to_string())
    }
}

/// Writes a line; that is all that there is to see of a step.
pub(crate) async fn write(tx: &mut Tx<'_, Db>, case: &str, what: &str) -> Result<(), sqlx::Error> {
    told(what);
    let insert = query("insert into ledger (saga, what) values ($1, $2)");
    insert.bind(case).bind(what).execute(&mut *tx).await?;
    told(what);
    Ok(())
}

#[step(rollback = release)]
pub(crate) async fn reserve(
    case: &str,
    what: &str,
    tx: &mut Tx<'_, Db>,
) -> Result<String, Trouble> {
    write(tx, case, &format!("+{what}")).await?;
    Ok(format!("a {what}"))
}

async fn release(
    case: &str,
    what: &str,
    got: String,
    failure: Failure,
    tx: &mut Tx<'_, Db>,
    world: Resource<World>,
) -> Result<(), sqlx::Error> {
    assert_eq!(got, format!("a {what}"));
    world.note(case, format!("undoing {what}: {failure}"));
    write(tx, case, &format!("-{what}")).await
}

/// Ends with this after it has written.
#[step(rollback = never, retry(max = 3, backoff = "1ms..1ms"))]
async fn refuse(case: &str, tx: &mut Tx<'_, Db>, world: Resource<World>) -> Result<u32, Trouble> {
    world.note(case, "refused".to_owned());
    write(tx, case, "+refused").await?;
    Err(Trouble::No)
}

#[step(rollback = never)]
async fn panicking(
    case: &str,
    tx: &mut Tx<'_, Db>,
    world: Resource<World>,
) -> Result<u32, Trouble> {
    world.note(case, "panics".to_owned());
    write(tx, case, "+panicked").await?;
    panic!("as it was to be")
}

/// That it ran out of time is no doubt: the rollback takes the plain output.
#[step(rollback = never, timeout = "200ms")]
async fn slow(case: &str, tx: &mut Tx<'_, Db>) -> Result<u32, Trouble> {
    write(tx, case, "+slow").await?;
    tokio::time::sleep(Duration::from_secs(60)).await;
    Ok(1)
}

/// Goes on as if its SQL had not failed.
#[step(rollback = never)]
async fn heedless(case: &str, tx: &mut Tx<'_, Db>) -> Result<u32, Trouble> {
    write(tx, case, "+heedless").await?;
    drop(
        query("insert into nowhere values (1)")
            .execute(&mut *tx)
            .await,
    );
    Ok(1)
}

async fn never(case: &str, _: u32, tx: &mut Tx<'_, Db>) -> Result<(), sqlx::Error> {
    write(tx, case, "-never").await
}

#[step(rollback = unship)]
async fn ship(case: &str, world: Resource<World>) -> Result<u32, No> {
    world.note(case, "shipped".to_owned());
    Ok(7)
}

async fn unship(case: &str, number: u32, world: Resource<World>) -> Result<(), No> {
    world.note(case, format!("unshipped {number}"));
    Ok(())
}

#[step(retriable)]
async fn count(case: &str, tx: &mut Tx<'_, Db>) -> i64 {
    let count = "select count(*) from ledger where saga = $1";
    let count = sqlx::query_scalar(count).bind(case);
    count.fetch_one(&mut *tx).await.unwrap_or(-1)
}

/// Writes more than for a moment: what went before is committed by itself.
#[step(rollback = never)]
async fn long(case: &str, tx: &mut Tx<'_, Db>) -> Result<u32, Trouble> {
    write(tx, case, "+long").await?;
    tokio::time::sleep(Duration::from_millis(250)).await;
    Ok(1)
}

#[saga]
pub(crate) async fn order(case: String) -> Result<(String, i64), No> {
    let one = reserve(&case, "bike").await?;
    let parcel = ship(&case).await?;
    let two = reserve(&case, "lock").await?;
    let lines = count(&case).await;
    Ok((format!("{one}, {two}, {parcel}"), lines))
}

#[saga]
pub(crate) async fn only(case: String) -> Result<String, No> {
    let mut all = Vec::new();
    for number in 0..3 {
        all.push(reserve(&case, &format!("thing {number}")).await?);
    }
    Ok(all.join(", "))
}

/// One of several at once: its error is stored.
#[step(rollback = put_down)]
async fn pick(case: &str, what: &str, tx: &mut Tx<'_, Db>) -> Result<String, scoop::Error> {
    write(tx, case, &format!("+{what}")).await?;
    if what == "none" {
        return Err(No(what.to_owned()).into());
    }
    Ok(format!("a {what}"))
}

async fn put_down(
    case: &str,
    what: &str,
    got: String,
    tx: &mut Tx<'_, Db>,
) -> Result<(), sqlx::Error> {
    assert_eq!(got, format!("a {what}"));
    write(tx, case, &format!("-{what}")).await
}

#[saga]
pub(crate) async fn together(case: String) -> Result<String, scoop::Error> {
    let (bike, parcel, lock) = scoop::join!(pick(&case, "bike"), ship(&case), pick(&case, "lock"));
    let bell = pick(&case, "bell").await?;
    Ok([bike?, parcel?.to_string(), lock?, bell].join(", "))
}

/// Steps that write, in blocks: one after the other, with others beside them, and with a delay.
#[saga]
pub(crate) async fn blocks(case: String, last: bool) -> Result<String, No> {
    let (bike, parcel) = scoop::try_join!(
        async {
            let bike = reserve(&case, "bike").await?;
            let lock = reserve(&case, "lock").await?;
            let one = long(&case).await?;
            Ok::<_, No>(format!("{bike}, {lock}, {one}"))
        },
        async {
            let parcel = ship(&case).await?;
            let bell = reserve(&case, "bell").await?;
            Ok::<_, No>(format!("{parcel}, {bell}"))
        },
    )?;
    if last {
        return Err(No("more".to_owned()));
    }
    Ok(format!("{bike}; {parcel}"))
}

/// Steps that write, in a block that loses: they are undone in transactions, while the run goes on.
#[saga]
pub(crate) async fn raced(case: String, last: bool) -> Result<String, No> {
    let first = scoop::race!(
        async {
            reserve(&case, "bike").await?;
            ship(&case).await?;
            let lock = reserve(&case, "lock").await?;
            scoop::sleep(Duration::from_secs(3_600)).await;
            Ok::<_, No>(lock)
        },
        async {
            scoop::sleep(Duration::from_millis(200)).await;
            let bell = reserve(&case, "bell").await?;
            Ok(bell)
        },
    )?;
    match last {
        true => Err(No("more".to_owned())),
        false => Ok(first),
    }
}

#[saga]
pub(crate) async fn none_of_many(case: String) -> Result<usize, scoop::Error> {
    let all = ["a", "b", "none", "c", "d"];
    let picked = scoop::map(all, |what| pick(&case, what))
        .concurrency(3)
        .await;
    let mut count = 0;
    for picked in picked {
        count += picked?.len();
    }
    Ok(count)
}

#[saga]
pub(crate) async fn lasting(case: String) -> Result<u32, No> {
    let parcel = ship(&case).await?;
    let one = long(&case).await?;
    Ok(parcel + one)
}

#[saga]
pub(crate) async fn refused(case: String) -> Result<u32, No> {
    reserve(&case, "bike").await?;
    ship(&case).await?;
    reserve(&case, "lock").await?;
    Ok(refuse(&case).await?)
}

#[saga]
pub(crate) async fn caught(case: String) -> Result<String, No> {
    reserve(&case, "bike").await?;
    let refused = refuse(&case).await.map_err(|error| error.to_string());
    reserve(&case, &format!("{refused:?}")).await?;
    Ok("through".to_owned())
}

#[saga]
pub(crate) async fn panicked(case: String) -> Result<u32, No> {
    reserve(&case, "bike").await?;
    Ok(panicking(&case).await?)
}

#[saga]
pub(crate) async fn late(case: String) -> Result<u32, No> {
    reserve(&case, "bike").await?;
    Ok(slow(&case).await?)
}

#[saga]
pub(crate) async fn careless(case: String) -> Result<u32, No> {
    reserve(&case, "bike").await?;
    Ok(heedless(&case).await?)
}

/// Ends with this after it has written, and is tried again in a month.
#[step(rollback = never, retry(forever, backoff = "30 days..30 days"))]
async fn hope(case: &str, tx: &mut Tx<'_, Db>, world: Resource<World>) -> Result<u32, Trouble> {
    write(tx, case, "+hope").await?;
    world.note(case, "hoped".to_owned());
    Err(Trouble::No)
}

#[saga]
pub(crate) async fn hoping(case: String) -> Result<u32, No> {
    reserve(&case, "bike").await?;
    Ok(hope(&case).await?)
}
