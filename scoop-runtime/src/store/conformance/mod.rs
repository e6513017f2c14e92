//! What every store must do, as one suite: each fact is a function over `dyn Store`, and
//! `conformance!` makes a test of each for one store.

#![allow(
    clippy::unwrap_used,
    reason = "a suite of tests, which fail by panicking"
)]

pub mod cancel;
pub mod claim;
pub mod commit;
pub mod data;
pub mod failure;
pub mod queue;
pub mod read;
pub mod remove;
pub mod rest;
pub mod sample;
pub mod wait;

use std::sync::Arc;

use async_trait::async_trait;

use super::Store;

/// How the suite gets at a kind of store.
#[async_trait]
pub trait Fixture: Send + Sync {
    /// An empty store.
    async fn fresh(&self) -> Arc<dyn Store>;

    /// The same runs again, as after a crash of the process that had `store`: no worker that was
    /// attached to it lives any more.
    async fn reopen(&self, store: Arc<dyn Store>) -> Arc<dyn Store>;
}

/// Makes a module `$name` with a test for each fact, on stores that `$fixture` gives.
#[doc(hidden)]
#[macro_export]
macro_rules! conformance {
    ($name:ident, $fixture:expr) => {
        $crate::conformance! { @facts $name, $fixture,
            commit::every_field_is_read_back,
            commit::an_update_leaves_what_it_does_not_name,
            failure::a_run_that_runs_on_has_not_failed,
            commit::a_commit_is_all_or_nothing,
            commit::one_refused_commit_leaves_the_others_of_its_batch,
            commit::refused_data_refuses_the_batch,
            commit::a_resent_commit_changes_nothing,
            commit::another_row_at_the_same_place_is_left_as_it_is,
            commit::a_key_is_unique_within_its_saga,
            commit::a_commit_to_no_run_is_stale,
            commit::an_unexpected_status_is_stale,
            commit::concurrent_commits_all_arrive,
            cancel::who_comes_first_wins,
            cancel::an_end_that_is_stored_is_stored_again,
            cancel::the_first_reason_stays,
            cancel::what_nobody_has_is_due_at_once,
            cancel::a_worker_finds_its_runs_that_are_to_be_cancelled,
            cancel::an_end_and_a_cancel_at_once_agree,
            claim::claims_come_in_the_order_of_ids,
            claim::a_run_without_an_owner_is_claimed,
            claim::only_active_runs_are_claimed,
            claim::only_runs_of_the_named_sagas_are_claimed,
            claim::named_runs_are_left_out_of_a_claim,
            claim::a_run_is_given_away_and_taken,
            wait::a_run_that_waits_is_claimed_when_it_is_due,
            wait::the_oldest_are_claimed_first,
            wait::a_run_of_a_dead_worker_is_claimed_whatever_it_waits_for,
            wait::what_a_run_of_a_dead_worker_waited_for_is_forgotten,
            wait::the_next_run_that_is_due_is_found,
            wait::a_run_is_released_with_a_row_or_without,
            wait::a_run_that_another_worker_has_is_not_released,
            rest::the_end_of_a_run_makes_the_one_above_due,
            rest::who_rests_is_due_at_some_time,
            rest::nobody_rests_beside_what_is_active_no_more,
            rest::who_is_to_be_cancelled_hears_of_that_first,
            rest::nobody_gives_up_what_another_worker_has,
            rest::the_first_of_several_wakes_the_one_above,
            rest::who_changes_beside_what_ends_is_due_all_the_same,
            queue::the_most_urgent_are_claimed_first,
            queue::no_run_is_passed_over_for_ever,
            queue::of_a_queue_only_so_many_are_claimed,
            queue::the_places_of_a_queue_are_those_of_all_workers,
            queue::of_what_a_dead_worker_had_a_full_queue_hides_nothing,
            queue::who_is_absent_has_no_place,
            queue::who_is_claimed_is_present,
            queue::a_run_whose_workers_die_goes_back,
            queue::claims_at_once_never_take_too_many,
            claim::runs_of_a_live_worker_are_left_alone,
            claim::runs_of_an_earlier_life_are_claimed,
            claim::an_old_life_writes_nothing,
            claim::a_detached_worker_writes_nothing,
            claim::detaching_an_old_life_leaves_the_new_one,
            read::rows_are_found_by_position,
            read::rows_are_read_newest_first,
            read::runs_are_filtered_and_paged,
            read::the_runs_that_a_run_awaited_are_found,
            remove::what_ended_long_ago_is_removed,
            remove::the_last_to_have_ended_are_kept,
            remove::what_is_below_goes_with_it,
            read::runs_are_found_by_their_keys_and_times,
            read::what_is_not_there_is_not_found,
            data::hostile_text_survives,
            data::nul_in_text_is_refused,
            data::large_values_survive,
            data::extreme_numbers_survive,
            data::reopening_keeps_everything,
            data::a_closed_store_refuses_calls,
        }
    };
    (@facts $name:ident, $fixture:expr, $($group:ident :: $fact:ident,)*) => {
        mod $name {
            #[allow(unused_imports)]
            use super::*;
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $fact() {
                    $crate::store::conformance::$group::$fact(&$fixture).await;
                }
            )*
        }
    };
}
