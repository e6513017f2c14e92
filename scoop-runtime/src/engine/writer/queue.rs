//! What waits to be written, and what of it may go next.

use std::collections::VecDeque;

use tokio::sync::oneshot;

use super::Answer;
use crate::protocol::commit::Commit;
use crate::protocol::id::RunId;

const MOST_IN_A_BATCH: usize = 512;

/// What one run wants written.
pub(super) struct Request {
    pub(super) commit: Commit,
    pub(super) answer: oneshot::Sender<Answer>,
}

/// Requests in the order in which they came.
#[derive(Default)]
pub(super) struct Queue(VecDeque<Request>);

impl Queue {
    pub(super) fn push(&mut self, request: Request) {
        self.0.push_back(request);
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The next batch, of those that have waited longest: in the order of the runs, each run once,
    /// and none of which something is under way. What stays back keeps its order.
    pub(super) fn take(&mut self, is_under_way: impl Fn(RunId) -> bool) -> Vec<Request> {
        let many = self.0.len().min(MOST_IN_A_BATCH);
        let mut gathered: Vec<Request> = self.0.drain(..many).collect();
        gathered.sort_by_key(|request| request.commit.run);
        let (mut batch, mut back) = (Vec::<Request>::with_capacity(many), Vec::new());
        for request in gathered {
            let run = request.commit.run;
            let again = batch.last().is_some_and(|last| last.commit.run == run);
            let later = again || is_under_way(run);
            if later { &mut back } else { &mut batch }.push(request);
        }
        for request in back.into_iter().rev() {
            self.0.push_front(request);
        }
        batch
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::run::RunUpdate;

    fn run(number: u128) -> RunId {
        RunId::from_uuid(uuid::Uuid::from_u128(number))
    }

    fn queue(runs: &[u128]) -> Queue {
        let mut queue = Queue::default();
        for number in runs {
            let commit = Commit {
                run: run(*number),
                create: None,
                update: RunUpdate::default(),
                rows: Vec::new(),
            };
            let (answer, _) = oneshot::channel();
            queue.push(Request { commit, answer });
        }
        queue
    }

    fn runs(batch: &[Request]) -> Vec<RunId> {
        batch.iter().map(|request| request.commit.run).collect()
    }

    #[test]
    fn a_batch_has_each_run_once_in_their_order() {
        let mut queue = queue(&[3, 1, 3, 2, 1]);
        assert_eq!(runs(&queue.take(|_| false)), [run(1), run(2), run(3)]);
        assert_eq!(runs(&queue.take(|_| false)), [run(1), run(3)]);
        assert!(queue.is_empty());
    }

    #[test]
    fn nothing_overtakes_what_is_under_way_of_its_run() {
        let mut queue = queue(&[3, 1, 3, 2]);
        let batch = queue.take(|under_way| under_way == run(3));
        assert_eq!(runs(&batch), [run(1), run(2)]);
        assert!(queue.take(|under_way| under_way == run(3)).is_empty());
        assert_eq!(queue.len(), 2);
        assert_eq!(runs(&queue.take(|_| false)), [run(3)]);
    }

    #[test]
    fn who_came_first_goes_first() {
        let many = MOST_IN_A_BATCH as u128;
        let mut queue = queue(&(1..=many + 1).rev().collect::<Vec<_>>());
        assert_eq!(queue.take(|_| false).len(), MOST_IN_A_BATCH);
        assert_eq!(runs(&queue.take(|_| false)), [run(1)]);
    }
}
