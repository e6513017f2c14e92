//! Steps with a transaction that say when another attempt makes sense.

use std::time::{Duration, SystemTime};

use scoop::admin::RunRow;
use scoop::{Handle, Resource, Scoop, Tx, saga, step};
use scoop_runtime::operation::Saga;

use crate::Db;
use crate::place::Place;
use crate::sagas::{No, Trouble, write};
use crate::world::{LONG, World, connecting};

const DAY: Duration = Duration::from_secs(86_400);

#[step(rollback = unask, retry(forever), undo(retry(forever)))]
async fn ask(
    case: &str,
    fails: bool,
    tx: &mut Tx<'_, Db>,
    world: Resource<World>,
) -> Result<(), Trouble> {
    write(tx, case, "+ask").await?;
    if fails {
        scoop::retry_after(DAY);
        world.note(case, "asked".to_owned());
        return Err(Trouble::No);
    }
    Ok(())
}

async fn unask(
    case: &str,
    _: bool,
    (): (),
    tx: &mut Tx<'_, Db>,
    world: Resource<World>,
) -> Result<(), Trouble> {
    write(tx, case, "-ask").await?;
    scoop::retry_after(DAY);
    world.note(case, "unasked".to_owned());
    Err(Trouble::No)
}

#[saga]
async fn asks(case: String, fails: bool) -> Result<(), No> {
    ask(&case, fails).await?;
    Err(No("more".to_owned()))
}

/// The run, once it waits in the store.
async fn waits<S: Saga>(scoop: &Scoop, handle: &Handle<S>) -> RunRow {
    let waiting = async {
        loop {
            let (row, _) = scoop.admin().show(handle.id()).await.unwrap();
            if row.owner.is_none() {
                return row;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(LONG, waiting).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_attempt_is_due_when_it_was_asked_for() {
    let (place, world) = (Place::new().await, World::default());
    let scoop = connecting(place.open().await, &world).await.unwrap();
    for (fails, noted) in [(true, "asked"), (false, "unasked")] {
        let handle = scoop.start(asks(noted.to_owned(), fails)).await.unwrap();
        let row = waits(&scoop, &handle).await;
        let left = row.wake_at.unwrap().since(SystemTime::now().into());
        assert!(left > DAY - LONG && left <= DAY, "{left:?}");
        assert_eq!(world.notes(noted), [noted]);
    }
    scoop.shutdown().await;
    assert_eq!(place.ledger("asked").await, Vec::<String>::new());
    assert_eq!(place.ledger("unasked").await, ["+ask"]);
}
