//! Transactions that are in each other's way: they are repeated, and their sagas do not notice.

use std::sync::atomic::Ordering;

use scoop::Status::{Completed, RolledBack};
use scoop::{Resource, Scoop, Tx, saga, step};
use sqlx::{Executor as _, query, query_scalar};

use crate::Db;
use crate::place::Place;
use crate::sagas::{No, Trouble};
use crate::world::{World, end_of};

async fn add(tx: &mut Tx<'_, Db>, name: &str, amount: i64) -> Result<(), sqlx::Error> {
    let update = query("update account set amount = amount + $2 where name = $1");
    let done = update.bind(name).bind(amount).execute(&mut *tx).await?;
    assert_eq!(done.rows_affected(), 1);
    Ok(())
}

#[step(rollback = transfer_back)]
async fn transfer(
    from: &str,
    to: &str,
    tx: &mut Tx<'_, Db>,
    world: Resource<World>,
) -> Result<(), Trouble> {
    add(tx, from, -1).await?;
    world.meet().await;
    add(tx, to, 1).await?;
    Ok(())
}

async fn transfer_back(
    from: &str,
    to: &str,
    (): (),
    tx: &mut Tx<'_, Db>,
    world: Resource<World>,
) -> Result<(), scoop::Error> {
    add(tx, to, -1).await?;
    world.meet().await;
    // Only the transaction sees the cause: this error keeps nothing but text.
    add(tx, from, 1).await?;
    Ok(())
}

#[step(pivot)]
async fn read_and_write(tx: &mut Tx<'_, Db>, world: Resource<World>) -> Result<i64, Trouble> {
    tx.execute("set transaction isolation level serializable")
        .await?;
    let sum = query_scalar("select sum(amount)::bigint from account");
    let sum: i64 = sum.fetch_one(&mut *tx).await?;
    world.meet().await;
    let insert = query("insert into account values (gen_random_uuid()::text, $1)");
    insert.bind(sum + 1).execute(&mut *tx).await?;
    Ok(sum)
}

#[step(read_only)]
async fn fail(fail: bool) -> Result<(), No> {
    if fail {
        Err(No("luck".to_owned()))
    } else {
        Ok(())
    }
}

#[saga]
async fn transferring(from: String, to: String, fails: bool) -> Result<(), No> {
    transfer(&from, &to).await?;
    fail(fails).await
}

#[saga]
async fn summing() -> Result<i64, No> {
    Ok(read_and_write().await?)
}

async fn begun(world: &World) -> (Place, Scoop) {
    let place = Place::new().await;
    let accounts = "insert into account values ('a', 100), ('b', 100)";
    place.connection().await.execute(accounts).await.unwrap();
    let connecting = Scoop::connect(&place.url).provide(world.clone());
    let scoop = connecting.await.unwrap();
    (place, scoop)
}

async fn amounts(place: &Place) -> Vec<i64> {
    let amounts = query_scalar("select amount from account order by amount");
    amounts
        .fetch_all(&mut place.connection().await)
        .await
        .unwrap()
}

fn both(fails: bool) -> [scoop_runtime::operation::SagaCall<__transferring>; 2] {
    [("a", "b"), ("b", "a")].map(|(from, to)| transferring(from.to_owned(), to.to_owned(), fails))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deadlock_is_repeated() {
    let world = World::default();
    let (place, scoop) = begun(&world).await;
    let runs = both(false).map(|call| tokio::spawn(scoop.start(call).into_future()));
    for run in runs {
        let handle = run.await.unwrap().unwrap();
        assert_eq!(end_of(&handle).await.0, Completed);
    }
    assert_eq!(amounts(&place).await, [100, 100]);
    assert_eq!(
        world.tries.load(Ordering::SeqCst),
        3,
        "one of them did it twice"
    );
    scoop.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deadlock_in_rollbacks_is_repeated() {
    let world = World::default();
    let (place, scoop) = begun(&world).await;
    // The way forward is free; the rollbacks meet.
    world.tries.store(10, Ordering::SeqCst);
    let gate = "lock table account in exclusive mode";
    let mut connection = place.connection().await;
    let mut tx = sqlx::Connection::begin(&mut connection).await.unwrap();
    tx.execute(gate).await.unwrap();
    let runs = both(true).map(|call| tokio::spawn(scoop.start(call).into_future()));
    world.tries.store(0, Ordering::SeqCst);
    tx.commit().await.unwrap();
    for run in runs {
        let handle = run.await.unwrap().unwrap();
        assert_eq!(end_of(&handle).await.0, RolledBack);
    }
    assert_eq!(amounts(&place).await, [100, 100]);
    scoop.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_serialisation_failure_is_repeated() {
    let world = World::default();
    let (place, scoop) = begun(&world).await;
    let runs = [summing(), summing()].map(|call| tokio::spawn(scoop.start(call).into_future()));
    for run in runs {
        let handle = run.await.unwrap().unwrap();
        assert_eq!(end_of(&handle).await.0, Completed);
    }
    // As if one had come after the other.
    assert_eq!(amounts(&place).await, [100, 100, 201, 402]);
    assert!(world.tries.load(Ordering::SeqCst) >= 3);
    scoop.shutdown().await;
}
