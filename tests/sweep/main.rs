//! Real processes that are really killed (SIGKILL), at four points of every await, forward and in a
//! rollback, on a SQLite file; started again until they are done. What they do is appended to a
//! file outside the store.

#![cfg(all(unix, feature = "sqlite"))]
#![allow(clippy::unwrap_used)]

#[path = "../support/blocks.rs"]
mod blocks;
#[path = "../support/children.rs"]
mod children;
#[path = "../support/end.rs"]
mod end;
#[path = "../support/joins.rs"]
mod joins;
#[path = "../support/journal.rs"]
mod journal;
#[path = "../support/probe.rs"]
mod probe;
#[path = "../support/sagas.rs"]
mod sagas;
#[path = "../support/mod.rs"]
mod support;
#[path = "../support/trips.rs"]
mod trips;

mod life;
mod parent;
mod point;
mod program;

use self::parent::{
    killed_after_each_commit, killed_beside, killed_everywhere, killed_in_any_order, killed_twice,
    out_of_space,
};

macro_rules! killed_at_every_point {
    ($($program:ident),* $(,)?) => {
        mod at_every_point {
            $(
                #[test]
                fn $program() {
                    super::killed_everywhere(stringify!($program));
                }
            )*
        }

        mod after_each_commit {
            $(
                #[test]
                fn $program() {
                    super::killed_after_each_commit(stringify!($program));
                }
            )*
        }
    };
}

killed_at_every_point!(
    quickstart,
    quickstart_undone,
    trip,
    trip_undone,
    trip_declined,
    branching,
    sleepy,
    retried,
    hard_to_undo,
    panicking,
    in_doubt,
    journey,
    legs_undone,
    depth_undone,
);

/// The points are the same on every store; what differs is how a death is found out.
#[cfg(feature = "postgres")]
mod on_postgres {
    #[test]
    fn a_trip_killed_at_every_point() {
        super::killed_everywhere("postgres:trip");
    }

    #[test]
    fn a_block_that_loses_is_undone() {
        super::killed_in_any_order("postgres:blocks_race");
    }

    #[test]
    fn a_tree_undone_killed_after_each_commit() {
        super::killed_after_each_commit("postgres:depth_undone");
    }

    #[test]
    fn an_undone_trip_killed_after_each_commit() {
        super::killed_after_each_commit("postgres:trip_undone");
    }
}

#[cfg(feature = "postgres")]
fn fresh_database() -> String {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(scoop_runtime::testing::fresh_database(
        scoop_testserver::url(),
    ))
}

#[cfg(not(feature = "postgres"))]
fn fresh_database() -> String {
    unreachable!("no program asks for it")
}

#[test]
fn two_at_once_of_which_one_fails() {
    killed_beside("both_undone");
}

#[test]
fn a_block_that_loses_is_undone() {
    killed_in_any_order("blocks_race");
}

#[test]
fn a_block_that_wins_is_undone_after_all() {
    killed_in_any_order("blocks_race_undone");
}

#[test]
fn a_recovery_that_is_killed_too_changes_nothing() {
    killed_twice("trip");
}

#[test]
fn a_recovery_of_a_rollback_that_is_killed_too_changes_nothing() {
    killed_twice("trip_undone");
}

#[test]
fn a_full_disk_loses_nothing() {
    out_of_space("heavy");
}
