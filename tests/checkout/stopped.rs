//! Two processes. One is stopped for longer than its lease, the other takes over what it had; when
//! the first goes on, it writes nothing.

use crate::facts::{exactly_once, orders};
use crate::place::{Place, until};
use crate::worker::{Task, Worker, file};

#[tokio::test(flavor = "multi_thread")]
async fn who_is_late_writes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let orders = &orders()[..200];
    let file = file(directory.path(), "orders", orders);
    let mut taken_over = 0;
    for moment in [1, 150, 700] {
        let place = Place::new().await;
        let task = Task {
            url: &place.url,
            orders: &file,
            lease: 1,
        };
        let mut late = Worker::start(&task, "late");
        until("it has written enough", async || {
            assert!(late.ended().is_none(), "{}", late.said());
            place.entries().await >= moment
        })
        .await;
        late.stop();
        let had = "select count(*) from scoop.run where owner = 'late' and status in (1, 2)";
        taken_over += place.number(had).await.unwrap();
        let mut other = Worker::start(&task, "other");
        until("the other one has ended", async || other.ended().is_some()).await;
        assert!(other.ended().unwrap().success(), "{}", other.said());
        exactly_once(orders, &place.pool).await;
        let before = place.digest().await;
        late.go_on();
        until("the late one has ended", async || late.ended().is_some()).await;
        let said = late.said();
        assert!(!late.ended().unwrap().success(), "{said}");
        assert!(said.contains("this worker stops"), "{said}");
        assert_eq!(place.digest().await, before, "stopped at {moment}");
        place.balances().await;
    }
    assert!(taken_over > 20, "{taken_over} orders were taken over");
    eprintln!("checkout: {taken_over} orders were taken over from who was stopped");
}
