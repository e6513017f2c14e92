//! What lost a race is undone before that is over, unless it is past its pivot.

use super::Trouble;
use super::execution::{Execution, Exit};
use super::rollback::{self, Lost};
use crate::protocol::id::{Part, RunId, Seq};

impl Execution {
    /// Undoes a saga that was done, though another one was faster.
    pub(super) async fn undo_lost_saga(&self, run: RunId) {
        match rollback::undo_lost_saga(self, run).await {
            Ok(()) => {}
            Err(trouble) => self.end_here(trouble).await,
        }
    }

    /// Undoes what a block did, as far as it came: the one of this row.
    pub(super) async fn undo_lost_block(&self, block: &(Seq, Part), why: &str) {
        match rollback::undo_block(self, block, why).await {
            Ok(Lost::Over) => {}
            Ok(Lost::Left) => drop(self.left().await),
            Ok(Lost::Stuck(stuck)) => {
                self.leave(Exit::Stuck(stuck));
                std::future::pending().await
            }
            Err(trouble) => self.end_here(trouble).await,
        }
    }

    async fn end_here(&self, trouble: Trouble) {
        match trouble {
            Trouble::ShutDown => drop(self.left().await),
            trouble => drop(self.park(trouble.reason()).await),
        }
    }
}
