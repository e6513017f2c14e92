//! Workers that share a store and hear nothing of each other: nobody waits for long for what is over.

use std::time::Duration;

use scoop::{Connect, FailureKind, saga};

use crate::lives::Watch;
use crate::parents::{HOUR, No};
use crate::probe::Probe;
use crate::support::{Place, connecting, soon};

#[saga(name = "naps")]
async fn naps() -> Result<(), No> {
    scoop::sleep(Duration::from_secs(9 * HOUR)).await;
    Ok(())
}

#[saga(name = "awaits_naps")]
async fn awaits_naps() -> Result<(), No> {
    naps().await
}

/// Looks once a second.
async fn worker(place: &Place, saga: &str) -> Connect {
    let poll = Some(Duration::from_secs(1));
    let connect = connecting(Probe::polled(place.open().await, |_, _| {}, poll));
    connect.sagas([saga])
}

/// Another worker undoes what this one awaits.
#[tokio::test(start_paused = true)]
async fn who_cancels_what_it_awaits_sees_its_end() {
    let (place, watch) = (Place::postgres(), Watch::start());
    let above = worker(&place, "awaits_naps").await;
    let above = above.dormant_after(Duration::MAX).await.unwrap();
    let _below = worker(&place, "naps").await.await.unwrap();
    let handle = above.start(awaits_naps()).await.unwrap();
    watch.until(100).await;
    handle.cancel().await.unwrap();
    let error = soon(handle.wait()).await.unwrap_err();
    assert_eq!(error.kind(), Some(FailureKind::Cancelled));
    assert!((100..105).contains(&watch.seconds()), "{}", watch.seconds());
}

/// Whoever waits for a run that another one cancels, in a third process.
#[tokio::test(start_paused = true)]
async fn who_waits_for_what_another_one_cancels_sees_its_end() {
    let (place, watch) = (Place::postgres(), Watch::start());
    let _worker = worker(&place, "naps").await.await.unwrap();
    let one = worker(&place, "naps").await.worker(false).await.unwrap();
    let other = worker(&place, "naps").await.worker(false).await.unwrap();
    let handle = one.start(naps()).await.unwrap();
    let cancelling = async {
        watch.until(100).await;
        other.handle(naps, handle.id()).cancel().await
    };
    let (cancelled, ended) = tokio::join!(cancelling, soon(handle.wait()));
    cancelled.unwrap();
    assert_eq!(ended.unwrap_err().kind(), Some(FailureKind::Cancelled));
    assert!((100..110).contains(&watch.seconds()), "{}", watch.seconds());
}
