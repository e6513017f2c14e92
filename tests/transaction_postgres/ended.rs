//! Transactions that the server ends because nothing was done in them for too long: those of a
//! process that was stopped for a while. Their steps did not fail.

use scoop::Scoop;
use scoop::Status::Completed;
use sqlx::Executor as _;

use crate::place::Place;
use crate::sagas::only;
use crate::world::{World, end_of};

/// The first commit of a line ends as one that comes after
/// `idle_in_transaction_session_timeout`. A sequence is not rolled back, so the second one succeeds.
const TOO_LATE: &str = "
    create sequence commits;
    create function too_late() returns trigger language plpgsql as $$
    begin
        if nextval('commits') = 1 then
            raise exception 'terminating connection due to idle-in-transaction timeout'
                using errcode = '25P03';
        end if;
        return null;
    end $$;
    create constraint trigger too_late after insert on ledger
        deferrable initially deferred for each row execute function too_late()";

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_comes_too_late_is_repeated() {
    let place = Place::new().await;
    let mut connection = place.connection().await;
    connection.execute(TOO_LATE).await.unwrap();
    let scoop = Scoop::connect(&place.url).provide(World::default());
    let scoop = scoop.await.unwrap();
    let handle = scoop.start(only("one".to_owned())).await.unwrap();
    let (status, said) = end_of(&handle).await;
    assert_eq!(status, Completed, "{said}");
    assert_eq!(
        place.ledger("one").await,
        ["+thing 0", "+thing 1", "+thing 2"]
    );
    scoop.shutdown().await;
}
