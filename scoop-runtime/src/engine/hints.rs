//! Tells the other processes of the store what they would find out later, and hears what they tell. Nothing
//! depends on it: whoever hears nothing looks more often.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use super::Engine;
use crate::protocol::id::RunId;
use crate::store::{Heard, Hint};

/// The pauses before another connection is tried.
const PAUSES: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(30)];

/// What is to be said, and whether anything is heard.
#[derive(Debug)]
pub(super) struct Hints {
    /// Whether this process says anything, and listens.
    on: bool,
    unsaid: Mutex<Unsaid>,
    more: Notify,
    /// Whether somebody here wants to hear something.
    wanted: Notify,
    hears: AtomicBool,
}

#[derive(Debug, Default)]
struct Unsaid {
    due: bool,
    left: HashSet<RunId>,
}

impl Hints {
    pub(super) fn new(on: bool) -> Self {
        Self {
            on,
            unsaid: Mutex::default(),
            more: Notify::new(),
            wanted: Notify::new(),
            hears: AtomicBool::new(false),
        }
    }

    pub(super) const fn is_on(&self) -> bool {
        self.on
    }

    /// There is something for others to claim, or to cancel.
    pub(super) fn due(&self) {
        self.say(|unsaid| unsaid.due = true);
    }

    /// Somebody else may wait for this run, which is not driven here any more.
    pub(super) fn left(&self, run: RunId) {
        self.say(|unsaid| unsaid.left.extend([run]));
    }

    fn say(&self, what: impl FnOnce(&mut Unsaid)) {
        if self.on {
            what(&mut self.unsaid.lock().unwrap_or_else(PoisonError::into_inner));
            self.more.notify_one();
        }
    }

    fn take(&self) -> Vec<Hint> {
        let mut unsaid = self.unsaid.lock().unwrap_or_else(PoisonError::into_inner);
        let Unsaid { due, left } = std::mem::take(&mut *unsaid);
        let due = due.then_some(Hint::Due);
        due.into_iter()
            .chain(left.into_iter().map(Hint::Left))
            .collect()
    }

    /// From now on this process listens.
    pub(super) fn want(&self) {
        self.wanted.notify_one();
    }

    /// Whether what others say is heard.
    pub(super) fn are_heard(&self) -> bool {
        self.hears.load(Ordering::SeqCst)
    }
}

/// Says what there is to say; what comes meanwhile is said together.
pub(super) async fn announce(engine: Arc<Engine>) {
    loop {
        engine.hints.more.notified().await;
        let hints = engine.hints.take();
        if let Err(error) = engine.store.announce(&hints).await {
            tracing::debug!(%error, "others are not told; they find it out by looking");
        }
    }
}

/// Listens, again and again, from when somebody wants to hear something.
pub(super) async fn listen(engine: Arc<Engine>) {
    engine.hints.wanted.notified().await;
    let [first, longest] = PAUSES;
    let mut pause = first;
    loop {
        let heard = engine.store.hear(&|heard| hear(&engine, heard)).await;
        let heard_something = engine.hints.hears.swap(false, Ordering::SeqCst);
        match heard {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => tracing::debug!(%error, "cannot listen to other processes"),
        }
        // It looks often again from now on.
        engine.alarm.ring();
        pause = if heard_something {
            first
        } else {
            longest.min(pause * 2)
        };
        engine.environment.sleep(pause).await;
    }
}

fn hear(engine: &Engine, heard: Heard) {
    match heard {
        Heard::Itself => {
            if !engine.hints.hears.swap(true, Ordering::SeqCst) {
                // What was said before was missed.
                engine.alarm.ring();
            }
        }
        Heard::Hint(Hint::Due) => engine.alarm.ring(),
        Heard::Hint(Hint::Left(run)) => engine.news.tell(run),
    }
}
