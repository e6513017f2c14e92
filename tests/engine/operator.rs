//! What an operator does with a run that is stuck.

use scoop::Status;

use crate::connect;
use crate::sagas::{World, names, trip};
use crate::support::{Place, on_every_store};

on_every_store!(a_stuck_run_goes_on_when_an_operator_says_so);

async fn a_stuck_run_goes_on_when_an_operator_says_so(place: Place) {
    let world = World::default();
    let scoop = connect(place.open().await, &world).await;
    for (test, verb) in [("retry", 0), ("skip", 1), ("resolve", 2)] {
        let places = names(&["a", "sticky", "full"]);
        let handle = scoop.start(trip(test.into(), places)).await.unwrap();
        let error = handle.wait().await.unwrap_err();
        assert!(error.is_stuck(), "{error:?}");
        assert_eq!(handle.status().await.unwrap(), Status::Stuck);
        let admin = scoop.admin();
        match verb {
            0 => admin.retry(handle.id()).await.unwrap(),
            1 => admin.skip(handle.id(), "nobody was there").await.unwrap(),
            _ => admin.resolve(handle.id(), "called them").await.unwrap(),
        }
        let error = handle.wait().await.unwrap_err();
        assert!(!error.is_stuck(), "{error:?}");
        assert_eq!(handle.status().await.unwrap(), Status::RolledBack);
        assert_eq!(world.log(test).last().unwrap(), "-a");
        assert!(
            admin
                .retry(handle.id())
                .await
                .unwrap_err()
                .to_string()
                .contains("not stuck")
        );
    }
}
