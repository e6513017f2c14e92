//! Steps with a transaction that are dropped: they leave nothing, and that is known.

use scoop::Status::RolledBack;
use scoop::{Resource, Tx, saga, step};

use crate::Db;
use crate::place::Place;
use crate::sagas::{No, Trouble, reserve, write};
use crate::world::{World, connecting, end_of};

/// The rollback takes the plain output: there is no doubt.
#[step(rollback = unhang, cancellable)]
async fn hang(case: &str, tx: &mut Tx<'_, Db>, world: Resource<World>) -> Result<u32, Trouble> {
    write(tx, case, "+hang").await?;
    world.note(case, "hangs".to_owned());
    std::future::pending().await
}

async fn unhang(case: &str, _: u32, world: Resource<World>) -> Result<(), Trouble> {
    world.note(case, "undone".to_owned());
    Ok(())
}

#[saga(deadline = "2s")]
async fn hanging(case: String) -> Result<u32, No> {
    reserve(&case, "bike").await?;
    Ok(hang(&case).await?)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_dropped_did_not_happen() {
    let (place, world) = (Place::new().await, World::default());
    let scoop = connecting(place.open().await, &world).await.unwrap();
    let handle = scoop.start(hanging("one".to_owned())).await.unwrap();
    let (status, text) = end_of(&handle).await;
    scoop.shutdown().await;
    assert_eq!(status, RolledBack, "{text}");
    assert!(text.starts_with("Some(Deadline)"), "{text}");
    assert_eq!(place.ledger("one").await, ["+bike", "-bike"]);
    assert_eq!(world.notes("one")[0], "hangs");
    assert!(!world.notes("one").contains(&"undone".to_owned()));
}
