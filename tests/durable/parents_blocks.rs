//! Runs whose blocks wait for long: they are in nobody's memory, and each block goes on where it stood.

use std::time::Duration;

use scoop::saga;

use crate::journal;
use crate::lives::{Process, Watch};
use crate::parents::{HOUR, No, case, fail, resting, rests, take, times};
use crate::support::{Place, on_every_store};

on_every_store!(
    blocks_that_rest_are_nobodys,
    who_rested_in_blocks_is_undone_as_a_whole,
);

#[saga]
async fn blocks(case: String, fails: bool) -> Result<u64, No> {
    let (slept, rested) = scoop::try_join!(
        async {
            let mut slept = 0;
            for hours in [1_u64, 3] {
                take(&case, &format!("a nap of {hours}")).await?;
                scoop::sleep(Duration::from_secs(hours * HOUR)).await;
                slept += hours;
            }
            Ok::<_, No>(slept)
        },
        async {
            take(&case, "a blanket").await?;
            let rested = rests(case.clone(), 9 * HOUR).await?;
            if fails {
                fail(&case).await?;
            }
            Ok::<_, No>(rested / HOUR)
        },
    )?;
    Ok(slept + rested)
}

async fn blocks_that_rest_are_nobodys(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let start = process.scoop.start(blocks(case.clone(), false));
    let handle = start.await.unwrap();
    watch.until(HOUR / 2).await;
    assert_eq!(resting(&process, &handle).await, Some(1));
    watch.until(2 * HOUR).await;
    assert_eq!(resting(&process, &handle).await, Some(1));
    assert_eq!(times(&case, "takes a nap"), 2);
    // Another process goes on with what this one left in the store.
    let id = handle.id();
    let process = process.restart(&watch, 5 * HOUR).await;
    let handle = process.scoop.handle(blocks, id);
    watch.until(6 * HOUR).await;
    assert_eq!(resting(&process, &handle).await, Some(1));
    assert_eq!(handle.wait().await.unwrap(), 1 + 3 + 9);
    assert_eq!(watch.seconds(), 9 * HOUR);
    assert_eq!(journal::read(&case).len(), 4);
}

async fn who_rested_in_blocks_is_undone_as_a_whole(place: Place) {
    let (case, watch) = (case(), Watch::start());
    let process = Process::start(&place).await;
    let start = process.scoop.start(blocks(case.clone(), true));
    let handle = start.await.unwrap();
    handle.wait().await.unwrap_err();
    assert_eq!(watch.seconds(), 9 * HOUR);
    for what in ["a nap of 1", "a nap of 3", "a blanket", "a bed"] {
        let there = times(&case, &format!("takes {what}"));
        let back = times(&case, &format!("untakes {what}"));
        assert_eq!((there, back), (1, 1), "{what}");
    }
}
