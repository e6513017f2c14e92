//! What a small run looks like in the store, byte for byte; and that a store that an earlier program
//! left like this is gone on with.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use scoop::{Saga, Scoop, Start};
use scoop_runtime::environment::{BoxFuture, Environment};
use scoop_runtime::protocol::timestamp::Timestamp;
use uuid::Uuid;

use crate::stay::{Guest, StayError, stay};
use crate::support::clock::EPOCH;
use crate::support::{Place, connect, kill, soon};
use crate::{journal, sql};

/// Two runs of the first program, the one in front of an attempt, the other in its rollback. Never
/// edited: runs of earlier programs look like this. What this program writes today is compared with
/// it; where that has to change, this stays as what is still read. `SCOOP_WRITE_GOLDEN=1` writes it
/// anew, before the first release.
const GOLDEN: &str = include_str!("golden.sql");

/// A world in which nothing moves.
#[derive(Debug, Default)]
struct Frozen(AtomicU64);

impl Environment for Frozen {
    fn now(&self) -> Timestamp {
        EPOCH
    }

    fn sleep(&self, _: Duration) -> BoxFuture<'static, ()> {
        Box::pin(std::future::pending())
    }

    fn random(&self) -> f64 {
        0.0
    }

    fn uuid(&self) -> Uuid {
        let number = self.0.fetch_add(1, Ordering::SeqCst) + 1;
        Uuid::from_u64_pair(0x018b_cfe5_6800_7000, 0x8000_0000_0000_0000 + number)
    }

    fn spawn(&self, task: BoxFuture<'static, ()>) {
        drop(tokio::spawn(task));
    }
}

fn guest() -> Guest {
    Guest {
        name: "Ada \"the Countess\" Lovelace — 1815".to_owned(),
        note: None,
    }
}

/// Starts a stay at this hotel, or finds it. It notes what it does under the test's name.
fn begin(scoop: &Scoop, hotel: &str) -> Start<impl Stay> {
    let call = stay("golden".to_owned(), hotel.to_owned(), guest());
    scoop.start(call).id(hotel)
}

trait Stay: Saga<Ok = (Vec<u64>, String), Error = StayError> {}

impl<S: Saga<Ok = (Vec<u64>, String), Error = StayError>> Stay for S {}

/// The rows as statements that write them. A stored value is its two bytes of format, and JSON.
async fn dump(place: &Place) -> String {
    let stored = |column: &str| {
        format!(
            "iif({column} is null, 'null', 'cast(x''' || hex(substr({column}, 1, 2)) || ''' || ' \
             || quote(cast(substr({column}, 3) as text)) || ' as blob)')"
        )
    };
    let plain = |column: &str| format!("quote({column})");
    let mut script = String::new();
    for (table, order, columns) in [
        ("scoop_worker", "name", "name epoch live"),
        (
            "scoop_run",
            "id",
            "id saga key =input status owner epoch wake_at pending_children cancel seq =output \
             =failure created_at finished_at parent depth",
        ),
        (
            "scoop_checkpoint",
            "run, seq, part",
            "run seq part direction kind point operation =arguments =frame =outcome created_at",
        ),
    ] {
        // Named, so that a later version with more of them can be given the same rows.
        let names = columns.replace('=', "").replace(' ', ", ");
        let columns: Vec<String> = columns
            .split_whitespace()
            .map(|column| match column.strip_prefix('=') {
                Some(column) => stored(column),
                None => plain(column),
            })
            .collect();
        let columns = columns.join(" || ',\n    ' || ");
        let query = format!("select {columns} from {table} order by {order}");
        for row in sql::texts(place, query).await {
            writeln!(
                script,
                "insert into {table} ({names}) values (\n    {row}\n);"
            )
            .unwrap();
        }
    }
    script
}

#[tokio::test(start_paused = true)]
async fn a_run_is_stored_as_these_bytes() {
    let (place, environment) = (Place::sqlite(), Arc::new(Frozen::default()));
    let store = place.open().await;
    // As when runs waited in memory: those bytes have to be read for ever.
    let connect = Scoop::connect("memory:").dormant_after(Duration::MAX);
    let connect = connect.store(Arc::clone(&store));
    let scoop = connect.environment(environment).await.unwrap();
    for hotel in ["Ritz", "Full"] {
        let handle = begin(&scoop, hotel).await.unwrap();
        while store
            .run(handle.id())
            .await
            .unwrap()
            .unwrap()
            .wake_at
            .is_none()
        {
            tokio::task::yield_now().await;
        }
    }
    kill(scoop, &*store).await;
    let script = dump(&place).await;
    if std::env::var_os("SCOOP_WRITE_GOLDEN").is_some() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/durable/golden.sql");
        std::fs::write(file, &script).unwrap();
    }
    assert_eq!(script, GOLDEN);
}

#[tokio::test(start_paused = true)]
async fn runs_of_an_earlier_program_are_gone_on_with() {
    gone_on_with(GOLDEN, "gone on").await;
}

/// The first programs did not write down what an operation promised when it began.
#[tokio::test(start_paused = true)]
async fn rows_without_a_promise_are_gone_on_with() {
    let before = GOLDEN.replace(r#""promise":{"undo":"durable::stay::release"},"#, "");
    assert!(!before.contains("promise") && before.len() < GOLDEN.len());
    gone_on_with(&before, "gone on without promises").await;
}

async fn gone_on_with(script: &str, case: &str) {
    let place = Place::sqlite();
    place.open().await.close().await;
    // This test's own case.
    let script = script.replace("\"golden\"", &format!("\"{case}\""));
    sql::script(&place, &script).await;
    let scoop = connect(place.open().await).await;
    let run = |number| format!("018bcfe5-6800-7000-8000-00000000000{number}");
    let ritz = scoop.find(stay, "Ritz").await.unwrap().unwrap();
    assert_eq!(ritz.id().to_string(), run(1));
    let (rooms, said) = soon(ritz.wait()).await.unwrap();
    assert_eq!(rooms, [100, 200, 300]);
    assert_eq!(said, format!("for {}", guest().name));
    let full = scoop.find(stay, "Full").await.unwrap().unwrap();
    assert_eq!(full.id().to_string(), run(2));
    let error = soon(full.wait()).await.unwrap_err();
    let (hotel, night) = ("Full".to_owned(), 3);
    assert_eq!(error.error(), Some(&StayError::Full { hotel, night }));
    assert_eq!(error.compensations().len(), 2);
    // Only what was left to do, under the keys of then.
    let mut lines = journal::read(case);
    lines.sort_unstable();
    let (one, two) = (run(1), run(2));
    let wanted = [
        format!("{one}:4 confirm {}", guest().name),
        format!("{two}:1:undo release Full 1 Done(100)"),
        format!("{two}:1:undo release Full 1 Done(100)"),
        format!("{two}:2:undo release Full 2 Done(200)"),
    ];
    assert_eq!(lines, wanted);
}
