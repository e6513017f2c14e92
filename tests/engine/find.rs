//! Finding runs again, by the function of their saga.

use scoop::{Handle, RunId, Saga, Status, saga};

use crate::connect;
use crate::sagas::{Full, World, names, sleeps, trip};
use crate::support::{Place, on_every_store};

on_every_store!(
    a_run_is_found_by_its_saga_and_id,
    any_signature_of_a_saga_will_do,
    a_run_is_held_by_its_saga_and_run_id
);

#[saga]
async fn length(text: &str, texts: &[String], number: u64) -> usize {
    scoop::sleep(std::time::Duration::from_millis(number)).await;
    text.len() + texts.len()
}

type Twelve = (usize, usize, usize);

#[saga]
async fn twelve(
    a: &str,
    b: String,
    c: &String,
    d: u8,
    e: u8,
    f: u8,
    g: u8,
    h: u8,
    i: u8,
    j: u8,
    k: u8,
    l: &[u8],
) -> Twelve {
    scoop::sleep(std::time::Duration::ZERO).await;
    let sum = [d, e, f, g, h, i, j, k].map(usize::from).iter().sum();
    (a.len() + b.len() + c.len(), sum, l.len())
}

#[scoop::resource]
impl World {
    #[saga]
    async fn visits(&self, test: &str) -> usize {
        scoop::sleep(std::time::Duration::ZERO).await;
        self.log(test).len()
    }
}

/// What any program can write about a handle.
async fn ends(handle: Handle<impl Saga<Ok = Vec<String>, Error = Full>>) -> (RunId, String) {
    let end = handle.wait().await;
    (handle.id(), end.unwrap().join(" "))
}

async fn a_run_is_found_by_its_saga_and_id(place: Place) {
    let world = World::default();
    let scoop = connect(place.open().await, &world).await;
    assert!(scoop.find(trip, "t-1").await.unwrap().is_none());
    let start = scoop.start(trip("t".into(), names(&["a", "b"]))).id("t-1");
    let started = start.await.unwrap();
    let found = scoop.find(trip, "t-1").await.unwrap().unwrap();
    let (run, end) = ends(found).await;
    assert_eq!((run, end.as_str()), (started.id(), "a-ticket b-ticket"));
    assert!(scoop.find(trip, "t-2").await.unwrap().is_none());
    assert!(scoop.find(sleeps, "t-1").await.unwrap().is_none());
}

async fn any_signature_of_a_saga_will_do(place: Place) {
    let world = World::default();
    let scoop = connect(place.open().await, &world).await;
    let texts = names(&["b", "c"]);
    scoop.start(sleeps()).id("x").await.unwrap();
    scoop.start(length("a", &texts, 1)).id("x").await.unwrap();
    let call = twelve("a", "b".into(), &"c".into(), 1, 1, 1, 1, 1, 1, 1, 1, &[0]);
    scoop.start(call).id("x").await.unwrap();
    scoop.start(world.visits("t")).id("x").await.unwrap();

    let none = scoop.find(sleeps, "x").await.unwrap().unwrap();
    assert_eq!(none.wait().await.unwrap(), 42);
    let borrowed = scoop.find(length, "x").await.unwrap().unwrap();
    assert_eq!(borrowed.wait().await.unwrap(), 3);
    let many = scoop.find(twelve, "x").await.unwrap().unwrap();
    assert_eq!(many.wait().await.unwrap(), (3, 8, 1));
    let method = scoop.find(World::visits, "x").await.unwrap().unwrap();
    assert_eq!(method.wait().await.unwrap(), 0);
}

async fn a_run_is_held_by_its_saga_and_run_id(place: Place) {
    let world = World::default();
    let scoop = connect(place.open().await, &world).await;
    let run = scoop.start(length("a", &[], 1)).await.unwrap().id();
    let run: RunId = run.to_string().parse().unwrap();
    let handle = scoop.handle(length, run);
    assert_eq!(handle.wait().await.unwrap(), 1);
    assert_eq!(handle.status().await.unwrap(), Status::Completed);
}
