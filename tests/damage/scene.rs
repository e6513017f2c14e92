//! Three runs wait when their process is killed; the rows of the second are damaged.

use std::fmt::Debug;
use std::sync::Arc;

use scoop::admin::Parked;
use scoop::testing::Store;
use scoop::{Handle, Scoop, Status};
use scoop_runtime::operation::{Saga, SagaCall};
use scoop_runtime::protocol::id::RunId;

use crate::support::{Place, connect, kill, soon};
use crate::{journal, sql};

const SAVE: &str = "create table kept_run as select * from scoop_run where id = $run;
    create table kept_checkpoint as select * from scoop_checkpoint where run = $run;";

const REPAIR: &str = "delete from scoop_checkpoint where run = $run;
    delete from scoop_run where id = $run;
    insert into scoop_run select * from kept_run;
    insert into scoop_checkpoint select * from kept_checkpoint;";

/// One kind of damage to a run that stands at row 2, and what is said about it: the reason.
pub(crate) struct Damage {
    pub(crate) sql: &'static str,
    pub(crate) says: &'static str,
}

fn cases() -> [String; 3] {
    std::array::from_fn(|_| uuid::Uuid::new_v4().to_string())
}

async fn start<S: Saga>(
    scoop: &Scoop,
    call: impl Fn(String) -> SagaCall<S>,
    cases: &[String; 3],
) -> Vec<Handle<S>> {
    let mut handles = Vec::new();
    for case in cases {
        let start = scoop.start(call(case.clone())).id(case.clone());
        handles.push(start.await.unwrap());
    }
    handles
}

/// Waits until the run has failed once and waits for its next attempt.
pub(crate) async fn standing(store: &dyn Store, run: RunId) {
    while store.run(run).await.unwrap().unwrap().wake_at.is_none() {
        tokio::task::yield_now().await;
    }
}

/// Damages a run; the other two end, and so does this one when it is repaired. What happened in the
/// world in the end is `happened`, for each of them.
pub(crate) async fn damaged<S: Saga<Ok: Debug, Error: Debug>>(
    call: impl Fn(String) -> SagaCall<S> + Copy,
    damage: &Damage,
    happened: &[&str],
) {
    let (place, cases) = (Place::sqlite(), cases());
    let store = place.open().await;
    let first = connect(Arc::clone(&store)).await;
    let handles = start(&first, call, &cases).await;
    let ids: Vec<RunId> = handles.iter().map(Handle::id).collect();
    for id in &ids {
        standing(&*store, *id).await;
    }
    kill(first, &*store).await;
    let before = journal::read(&cases[1]);
    sql::execute(&place, SAVE, ids[1]).await;
    sql::execute(&place, damage.sql, ids[1]).await;

    let store = place.open().await;
    let second = connect(Arc::clone(&store)).await;
    let handles: Vec<Handle<S>> = ids.iter().map(|id| second.handle(call, *id)).collect();
    let told = soon(handles[1].wait()).await.unwrap_err();
    assert!(told.is_infrastructure(), "{told:?}");
    let said = told.to_string().replace(&ids[1].to_string(), "RUN");
    let wanted = format!(
        "run RUN is parked: {}; nothing is lost, a build that can continue it will",
        damage.says
    );
    assert_eq!(said, wanted, "{}", damage.sql);
    let status = handles[1].status().await.unwrap();
    assert!(matches!(status, Status::Parked(_)), "{status:?}");
    let row = store.run(ids[1]).await.unwrap().unwrap();
    let parked = Parked {
        run: ids[1],
        saga: row.saga,
        reason: damage.says.to_owned(),
    };
    assert_eq!(second.admin().parked().await.unwrap(), [parked]);
    let ends = [
        format!("{:?}", soon(handles[0].wait()).await.map_err(drop)),
        format!("{:?}", soon(handles[2].wait()).await.map_err(drop)),
    ];
    assert_eq!(
        journal::read(&cases[1]),
        before,
        "a parked run does nothing"
    );
    kill(second, &*store).await;

    sql::execute(&place, REPAIR, ids[1]).await;
    let store = place.open().await;
    let third = connect(Arc::clone(&store)).await;
    assert_eq!(third.admin().parked().await.unwrap(), []);
    let handle = third.handle(call, ids[1]);
    let end = format!("{:?}", soon(handle.wait()).await.map_err(drop));
    assert_eq!([end.clone(), end], ends);
    for case in &cases {
        let lines = journal::told(&journal::read(case));
        assert_eq!(lines, happened, "{}", damage.sql);
    }
    kill(third, &*store).await;
}
