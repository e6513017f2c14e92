//! What somebody sees who wants to know what a run is doing.

use std::time::Duration;

use scoop::admin::{Until, Waits};
use scoop::{Resource, saga, step};

use crate::connect;
use crate::sagas::{Full, World, names, past_pivot, trip};
use crate::support::{Place, on_every_store, soon};

on_every_store!(
    a_run_under_way_is_told,
    a_block_in_a_block_is_told,
    items_that_do_not_begin_any_more_are_not_awaited,
    a_run_that_waits_in_the_store_is_told,
    a_run_that_cannot_be_undone_is_told
);

const DAY: Duration = Duration::from_secs(86_400);

#[step(rollback = unreserve)]
async fn reserve(test: &str, what: &str, world: Resource<World>) -> Result<u32, Full> {
    Ok(world.effect(test, what))
}

async fn unreserve(test: &str, what: &str, _: u32, world: Resource<World>) -> Result<(), Full> {
    world.effect(test, what);
    Ok(())
}

/// Fails, and is tried again tomorrow.
#[step(retriable, retry(forever, backoff = "1 day..1 day"))]
async fn engaged(world: Resource<World>) -> Result<(), Full> {
    world.effect("engaged", "tried");
    Err(Full("line".to_owned()))
}

#[saga(name = "nap")]
async fn nap(length: Duration) -> Result<(), Full> {
    scoop::sleep(length).await;
    Ok(())
}

#[saga(name = "journey")]
async fn journey(test: String) -> Result<u32, Full> {
    trip(test.clone(), names(&["home"])).await?;
    let seats = reserve(&test, "a seat").await?;
    let (napped, booked, ()) = scoop::join!(
        nap(DAY),
        async {
            let bed = reserve(&test, "a bed").await?;
            engaged().await?;
            Ok::<_, Full>(bed)
        },
        scoop::sleep(2 * DAY)
    );
    napped?;
    Ok(seats + booked?)
}

#[saga(name = "nested")]
async fn nested(test: String) -> Result<u32, Full> {
    let extra = 7;
    let (inner, outer) = scoop::try_join!(
        async {
            let bed = reserve(&test, "a bed").await?;
            let (roof, ()) = scoop::try_join!(
                async {
                    let mut roofs = Vec::new();
                    for night in names(&["one", "two"]) {
                        roofs.push(reserve(&test, &night).await?);
                    }
                    scoop::sleep(DAY).await;
                    Ok::<_, Full>(u32::try_from(roofs.len()).unwrap_or(0) + extra)
                },
                async {
                    engaged().await?;
                    Ok::<_, Full>(())
                }
            )?;
            Ok::<_, Full>(bed + roof)
        },
        reserve(&test, "a seat")
    )?;
    Ok(inner + outer + extra)
}

/// Sleeps; of no length fails.
#[saga(name = "doze")]
async fn doze(days: u32) -> Result<u32, Full> {
    scoop::sleep(Duration::from_secs(1)).await;
    if days == 0 {
        return Err(Full("bed".to_owned()));
    }
    scoop::sleep(days * DAY).await;
    Ok(days)
}

#[saga(name = "dormitory")]
async fn dormitory(days: Vec<u32>) -> Result<Vec<u32>, Full> {
    scoop::try_map(&days, |days| doze(*days))
        .concurrency(2)
        .await
}

#[saga(name = "patient")]
async fn patient(test: String) -> Result<u32, Full> {
    let seat = reserve(&test, "a seat").await?;
    scoop::sleep(DAY).await;
    Ok(seat)
}

const REPORT: &str = r#"run RUN of journey, "j-1": running, since TIME
  began with ["j"]
  waits for its worker, worker
  awaits nap at 3[0] join, since TIME: run RUN, running
  awaits engine::inspect::engaged at 3[1:2] join/block/engaged, since TIME: attempt 1 failed (line is full), the next from TIME on
  awaits scoop::sleep at 3[2] join, since TIME, until TIME
  seats = 1
  block 3[1] is at 3[1:2] join/block/engaged
    bed = 1
did
  TIME 1 awaits trip engine::sagas::trip ["j",["home"]]
  TIME 2 awaits reserve:seats engine::inspect::reserve ["j","a seat"] after {"done":["home-ticket"]}
  TIME 3 awaits join scoop::join {"at-once":4294967295,"branches":[{"operation":"nap","arguments":[{"secs":86400,"nanos":0}],"promise… after {"done":1}
  TIME 3[1:1] awaits join/block/reserve:bed engine::inspect::reserve ["j","a bed"]
  TIME 3[1:2] awaits join/block/engaged engine::inspect::engaged [] after {"done":1}
  TIME 3[1:2@1] failed attempt join/block/engaged engine::inspect::engaged after {"attempt":1,"doubt":false,"error":{"type-name":"engine::sagas::Full","message":"line is full","valu…
would be undone, in this order
  3[1:1] engine::inspect::reserve by engine::inspect::unreserve
  2 engine::inspect::reserve by engine::inspect::unreserve
  1 engine::sagas::trip by itself
below it
  RUN engine::sagas::trip completed
  RUN nap running, due at TIME
"#;

const NESTED: &str = " = 7
  block 1[0] is at 1[0:2] try_join/block/try_join
    bed = 1
  block 1[0:2.0] is at 1[0:2.0:3] try_join/block/try_join/block (1 of 2)/sleep
    extra = 7
    roofs = [1,1]
  block 1[0:2.1] is at 1[0:2.1:1] try_join/block/try_join/block (2 of 2)/engaged
";

/// What differs from run to run is taken out.
fn told(report: &str) -> String {
    let is_run = |word: &str| word.len() == 36 && word.split('-').count() == 5;
    let is_time = |word: &str| word.len() == 24 && word.starts_with("20") && word.ends_with('Z');
    let line = |line: &str| {
        let indent = line.len() - line.trim_start().len();
        let words = line.trim_start().split(' ').map(|word| {
            let plain = word.trim_end_matches([',', ':']);
            let end = &word[plain.len()..];
            match plain {
                plain if is_run(plain) => format!("RUN{end}"),
                plain if is_time(plain) => format!("TIME{end}"),
                _ => word.to_owned(),
            }
        });
        " ".repeat(indent) + &words.collect::<Vec<_>>().join(" ") + "\n"
    };
    report.lines().map(line).collect()
}

async fn a_run_under_way_is_told(place: Place) {
    let world = World::default();
    let scoop = connect(place.open().await, &world).await;
    let handle = scoop.start(journey("j".into())).id("j-1").await.unwrap();
    tokio::time::sleep(Duration::from_secs(5)).await;
    let inspection = scoop.admin().inspect(handle.id()).await.unwrap();
    let told = told(&inspection.to_string());
    assert_eq!(told.replace("worker RUN", "worker"), REPORT);
    // By then it has left memory.
    tokio::time::sleep(Duration::from_secs(60)).await;
    let inspection = scoop.admin().inspect(handle.id()).await.unwrap();
    assert!(
        matches!(inspection.waits, Waits::Below(Some(_))),
        "{inspection}"
    );
    assert_eq!(inspection.awaits.len(), 3);
}

async fn a_block_in_a_block_is_told(place: Place) {
    let world = World::default();
    let scoop = connect(place.open().await, &world).await;
    let handle = scoop.start(nested("n".into())).await.unwrap();
    tokio::time::sleep(Duration::from_secs(5)).await;
    let inspection = scoop.admin().inspect(handle.id()).await.unwrap();
    let told = told(&inspection.to_string());
    let (_, told) = told.split_once("  extra").expect("where the run stands");
    let (told, _) = told.split_once("did\n").expect("what it did");
    assert_eq!(told, NESTED, "{inspection}");
}

async fn items_that_do_not_begin_any_more_are_not_awaited(place: Place) {
    let world = World::default();
    let scoop = connect(place.open().await, &world).await;
    let awaited = async |days: &[u32]| {
        let handle = scoop.start(dormitory(days.to_vec())).await.unwrap();
        tokio::time::sleep(Duration::from_secs(5)).await;
        let inspection = scoop.admin().inspect(handle.id()).await.unwrap();
        let parts = inspection.awaits.iter().map(|awaited| &*awaited.part.0);
        parts.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(awaited(&[7, 7, 7]).await, ["0", "1"]);
    assert_eq!(awaited(&[7, 0, 7, 7]).await, ["0"]);
}

async fn a_run_that_waits_in_the_store_is_told(place: Place) {
    let world = World::default();
    let scoop = connect(place.open().await, &world).await;
    let handle = scoop.start(patient("p".into())).await.unwrap();
    tokio::time::sleep(Duration::from_secs(5)).await;
    let inspection = scoop.admin().inspect(handle.id()).await.unwrap();
    assert!(
        matches!(inspection.waits, Waits::Worker(Some(_))),
        "{inspection}"
    );
    let [awaited] = &*inspection.awaits else {
        panic!("{inspection}");
    };
    let Until::Time(end) = awaited.until else {
        panic!("{inspection}");
    };
    assert_eq!(inspection.waits, Waits::Worker(Some(end)));
    let locals = inspection
        .locals
        .iter()
        .map(|local| (&*local.name, &*local.json));
    assert_eq!(locals.collect::<Vec<_>>(), [("seat", "1")]);
    tokio::time::sleep(DAY).await;
    assert_eq!(soon(handle.wait()).await.unwrap(), 1);
    let inspection = scoop.admin().inspect(handle.id()).await.unwrap();
    assert_eq!(inspection.waits, Waits::Ended);
    assert!(inspection.awaits.is_empty(), "{inspection}");
    assert_eq!(inspection.plan.unwrap().len(), 1);
}

async fn a_run_that_cannot_be_undone_is_told(place: Place) {
    let world = World::default();
    let scoop = connect(place.open().await, &world).await;
    let handle = scoop.start(past_pivot("s".into())).await.unwrap();
    assert!(soon(handle.wait()).await.unwrap_err().is_stuck());
    let inspection = scoop.admin().inspect(handle.id()).await.unwrap();
    assert_eq!(inspection.waits, Waits::Operator);
    assert_eq!(inspection.plan.unwrap_err(), "it is past its pivot");
    let none = scoop_runtime::protocol::id::RunId::from_uuid(uuid::Uuid::now_v7());
    let error = scoop.admin().inspect(none).await.unwrap_err();
    assert!(error.to_string().contains("no run"), "{error}");
}
