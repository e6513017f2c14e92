//! One batch under way.

use std::task::Poll;

use super::queue::Request;
use super::sender::Sender;
use crate::environment::BoxFuture;
use crate::protocol::id::RunId;

/// Room for one batch under way.
#[derive(Default)]
pub(super) struct Lane<'s> {
    /// In their order.
    runs: Vec<RunId>,
    writing: Option<BoxFuture<'s, ()>>,
}

impl<'s> Lane<'s> {
    pub(super) const fn is_free(&self) -> bool {
        self.writing.is_none()
    }

    /// Whether something of this run is under way here.
    pub(super) fn has(&self, run: RunId) -> bool {
        self.runs.binary_search(&run).is_ok()
    }

    /// Sends a batch, whose runs are in their order.
    pub(super) fn begin(&mut self, sender: &'s Sender, batch: Vec<Request>) {
        self.runs
            .extend(batch.iter().map(|request| request.commit.run));
        self.writing = Some(Box::pin(sender.write(batch)));
    }
}

/// Ends when a batch does; never where none is under way.
pub(super) async fn one_ended(lanes: &mut [Lane<'_>]) {
    std::future::poll_fn(|context| {
        let mut ended = Poll::Pending;
        for lane in lanes.iter_mut() {
            if let Some(writing) = &mut lane.writing
                && writing.as_mut().poll(context).is_ready()
            {
                lane.writing = None;
                lane.runs.clear();
                ended = Poll::Ready(());
            }
        }
        ended
    })
    .await;
}
