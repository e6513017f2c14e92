//! Who waits for which run, and which runs are being driven here: whoever waits for one that is
//! hears of its end without asking the store, and nobody is woken by the end of another.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, watch};

use crate::codec::Stored;
use crate::protocol::id::RunId;
use crate::protocol::run::{RunRow, RunStatus};

/// How a run ended.
#[derive(Clone, Debug)]
pub(crate) struct Ended {
    pub(crate) status: RunStatus,
    pub(crate) output: Option<Stored>,
    pub(crate) failure: Option<Stored>,
}

impl From<RunRow> for Ended {
    fn from(row: RunRow) -> Self {
        Self {
            status: row.status,
            output: row.output,
            failure: row.failure,
        }
    }
}

/// The runs that are driven or waited for.
#[derive(Clone, Debug, Default)]
pub(crate) struct News(Arc<Mutex<HashMap<RunId, Entry>>>);

#[derive(Debug, Default)]
struct Entry {
    driven: usize,
    /// Whether whoever drives it is to let go of it.
    let_go: bool,
    /// How many of its transactions are being committed.
    sending: usize,
    /// Why it is to be cancelled, if it is.
    cancel: Option<Arc<str>>,
    /// Made when its driver waits for something.
    halting: Option<Arc<Notify>>,
    /// Made for the first one who waits.
    wire: Option<watch::Sender<Option<Ended>>>,
}

impl Entry {
    fn is_idle(&self) -> bool {
        let heard = |wire: &watch::Sender<_>| wire.receiver_count() > 0;
        self.driven == 0 && !self.wire.as_ref().is_some_and(heard)
    }

    fn tell(&self, ended: Option<Ended>) {
        if let Some(wire) = &self.wire {
            wire.send_modify(|told| *told = ended.or_else(|| told.take()));
        }
    }
}

impl News {
    /// Says that a run is driven here, until the answer is dropped.
    pub(crate) fn drive(&self, run: RunId) -> Driving {
        self.runs().entry(run).or_default().driven += 1;
        Driving {
            news: self.clone(),
            run,
        }
    }

    /// How many drive a run here.
    pub(super) fn drivers(&self, run: RunId) -> usize {
        self.runs().get(&run).map_or(0, |entry| entry.driven)
    }

    /// Hears of a run.
    pub(crate) fn listen(&self, run: RunId) -> Listening {
        let mut runs = self.runs();
        let entry = runs.entry(run).or_default();
        let wire = entry.wire.get_or_insert_with(|| watch::Sender::new(None));
        let heard = Some(wire.subscribe());
        drop(runs);
        Listening {
            news: self.clone(),
            run,
            heard,
        }
    }

    /// Wakes those who wait for a run, to look at it.
    pub(crate) fn tell(&self, run: RunId) {
        if let Some(entry) = self.runs().get(&run) {
            entry.tell(None);
        }
    }

    /// Tells those who wait for a run how it ended; that is stored already.
    pub(crate) fn ended(&self, run: RunId, ended: impl FnOnce() -> Ended) {
        if let Some(entry) = self.runs().get(&run)
            && entry.wire.is_some()
        {
            entry.tell(Some(ended()));
        }
    }

    /// Tells whoever drives a run that it is to be cancelled. Whether somebody does.
    pub(crate) fn cancel(&self, run: RunId, reason: &str) -> bool {
        let mut runs = self.runs();
        let Some(entry) = runs.get_mut(&run).filter(|entry| entry.driven > 0) else {
            return false;
        };
        if entry.cancel.is_none() {
            entry.cancel = Some(reason.into());
            if let Some(halting) = &entry.halting {
                halting.notify_waiters();
            }
        }
        true
    }

    /// Whoever drives a run is to let go of it: has to be woken to hear of it.
    pub(super) fn let_go(&self, run: RunId) {
        if let Some(entry) = self.runs().get_mut(&run) {
            entry.let_go = entry.driven > 0;
        }
    }

    pub(super) fn is_let_go(&self, run: RunId) -> bool {
        let is_let_go = |entry: &Entry| entry.let_go && entry.sending == 0;
        self.runs().get(&run).is_some_and(is_let_go)
    }

    /// A transaction of a run that is driven is being committed.
    pub(super) fn sending(&self, run: RunId) {
        if let Some(entry) = self.runs().get_mut(&run) {
            entry.sending += 1;
        }
    }

    /// It is known what came of it. Whether the run is to be let go of.
    pub(super) fn sent(&self, run: RunId) -> bool {
        let mut runs = self.runs();
        runs.get_mut(&run).is_some_and(|entry| {
            entry.sending = entry.sending.saturating_sub(1);
            entry.let_go
        })
    }

    /// Tells whoever begins to drive a run why it is to be cancelled, as its row has it: somebody who asked
    /// again may have been told to him before he had read that.
    pub(crate) fn cancel_as_stored(&self, run: RunId, reason: &str) {
        if let Some(entry) = self.runs().get_mut(&run) {
            entry.cancel = Some(reason.into());
        }
    }

    /// Why a run is to be cancelled, if whoever drives it was told so.
    pub(crate) fn cancelled(&self, run: RunId) -> Option<Arc<str>> {
        self.runs().get(&run)?.cancel.clone()
    }

    /// Tells a run's driver, while it waits, that the run is to be cancelled.
    pub(crate) fn halting(&self, run: RunId) -> Arc<Notify> {
        let mut runs = self.runs();
        let halting = runs.get_mut(&run).map(|entry| &mut entry.halting);
        halting
            .map(|halting| halting.get_or_insert_default().clone())
            .unwrap_or_default()
    }

    fn runs(&self) -> MutexGuard<'_, HashMap<RunId, Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, run: RunId, change: impl FnOnce(&mut Entry)) {
        let mut runs = self.runs();
        if let Some(entry) = runs.get_mut(&run) {
            change(entry);
            if entry.is_idle() {
                runs.remove(&run);
            }
        }
    }
}

/// A run is driven for as long as this lives.
#[derive(Debug)]
pub(crate) struct Driving {
    news: News,
    run: RunId,
}

impl Driving {
    pub(super) const fn run(&self) -> RunId {
        self.run
    }
}

impl Drop for Driving {
    fn drop(&mut self) {
        self.news.change(self.run, |entry| {
            entry.driven -= 1;
            entry.let_go &= entry.driven > 0;
            entry.tell(None);
        });
    }
}

/// Somebody waits for a run for as long as this lives.
#[derive(Debug)]
pub(crate) struct Listening {
    news: News,
    run: RunId,
    heard: Option<watch::Receiver<Option<Ended>>>,
}

impl Listening {
    /// Whether the run is driven here, so that there will be news of it.
    pub(crate) fn is_driven(&self) -> bool {
        let runs = self.news.runs();
        runs.get(&self.run).is_some_and(|entry| entry.driven > 0)
    }

    /// Waits for news that came after the last; how the run ended, if that is among them.
    pub(crate) async fn next(&mut self) -> Option<Ended> {
        let heard = self.heard.as_mut()?;
        match heard.changed().await {
            Ok(()) => heard.borrow_and_update().clone(),
            // The sender is in the entry for as long as there is a receiver.
            Err(_) => None,
        }
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.heard = None;
        self.news.change(self.run, |_| {});
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(number: u128) -> RunId {
        RunId::from_uuid(uuid::Uuid::from_u128(number))
    }

    fn completed() -> Ended {
        Ended {
            status: RunStatus::Completed,
            output: None,
            failure: None,
        }
    }

    #[tokio::test]
    async fn who_waits_hears_how_it_ended_and_nothing_of_others() {
        let news = News::default();
        let driving = news.drive(run(1));
        let (mut one, mut other) = (news.listen(run(1)), news.listen(run(2)));
        assert!(one.is_driven());
        assert!(!other.is_driven());
        news.ended(run(1), completed);
        drop(driving);
        let ended = one.next().await.unwrap();
        assert_eq!(ended.status, RunStatus::Completed);
        assert!(!one.is_driven());
        let nothing = tokio::task::unconstrained(other.next());
        tokio::select! {
            biased;
            _ = nothing => panic!("news of another run"),
            () = std::future::ready(()) => {}
        }
    }

    #[tokio::test]
    async fn who_drives_a_run_hears_that_it_is_cancelled() {
        let news = News::default();
        assert!(!news.cancel(run(1), "too early"));
        let driving = news.drive(run(1));
        let halting = news.halting(run(1));
        let told = halting.notified();
        assert_eq!(news.cancelled(run(1)), None);
        assert!(news.cancel(run(1), "why"));
        assert!(news.cancel(run(1), "another"));
        told.await;
        assert_eq!(news.cancelled(run(1)).as_deref(), Some("why"));
        news.cancel_as_stored(run(1), "the first reason of all");
        let reason = news.cancelled(run(1));
        assert_eq!(reason.as_deref(), Some("the first reason of all"));
        drop(driving);
        assert_eq!(news.cancelled(run(1)), None);
    }

    #[test]
    fn a_run_is_not_let_go_of_while_it_is_being_committed() {
        let news = News::default();
        news.let_go(run(1));
        assert!(!news.is_let_go(run(1)), "nobody drives it");
        let driving = news.drive(run(1));
        news.sending(run(1));
        news.let_go(run(1));
        assert!(!news.is_let_go(run(1)));
        assert!(news.sent(run(1)));
        assert!(news.is_let_go(run(1)));
        drop(driving);
        let _again = news.drive(run(1));
        assert!(!news.is_let_go(run(1)));
    }

    #[tokio::test]
    async fn who_waits_is_woken_when_the_run_is_left() {
        let news = News::default();
        let driving = news.drive(run(1));
        let mut waiting = news.listen(run(1));
        news.tell(run(1));
        assert!(waiting.next().await.is_none());
        assert!(waiting.is_driven());
        drop(driving);
        assert!(waiting.next().await.is_none());
        assert!(!waiting.is_driven());
    }

    #[test]
    fn nothing_is_kept_of_a_run_that_nobody_drives_or_waits_for() {
        let news = News::default();
        let (driving, again) = (news.drive(run(1)), news.drive(run(1)));
        let waiting = news.listen(run(1));
        drop(driving);
        assert!(waiting.is_driven());
        drop(waiting);
        drop(again);
        drop(news.listen(run(2)));
        assert!(news.runs().is_empty());
    }
}
