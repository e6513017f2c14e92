//! Heartbeats: shows the other workers of a store that this one lives, and knows itself for how long
//! they believe it.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::Engine;
use crate::environment::Environment;
use crate::protocol::timestamp::Timestamp;
use crate::store::Lease;

/// A moment on both clocks of this machine: the one that nobody sets stands still while the
/// machine sleeps, the other one may be set back.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    monotonic: Duration,
    wall: Timestamp,
}

impl Moment {
    pub(crate) fn now(environment: &dyn Environment) -> Self {
        Self {
            monotonic: environment.monotonic(),
            wall: environment.now(),
        }
    }

    fn after(self, duration: Duration) -> Self {
        Self {
            monotonic: self.monotonic.saturating_add(duration),
            wall: self.wall.after(duration),
        }
    }

    fn is_past(self, now: Self) -> bool {
        now.monotonic >= self.monotonic || now.wall >= self.wall
    }
}

/// Until when this worker has its lease, by its own clocks.
#[derive(Debug)]
pub(crate) struct Pulse {
    environment: Arc<dyn Environment>,
    /// Nothing where the store needs no heartbeats.
    lease: Option<Lease>,
    until: watch::Sender<Moment>,
}

impl Pulse {
    /// The lease began after `asked`, when the worker asked for it.
    pub(crate) fn new(
        environment: Arc<dyn Environment>,
        lease: Option<Lease>,
        asked: Moment,
    ) -> Self {
        let length = lease.map_or(Duration::ZERO, |lease| lease.length);
        Self {
            environment,
            lease,
            until: watch::Sender::new(asked.after(length)),
        }
    }

    /// Ends as soon as this worker has its lease: at once, unless a heartbeat is late. What has
    /// an effect outside begins after that, and the store refuses what a worker without a lease
    /// writes, so another worker's attempt and this one's meet only where this process is held
    /// up between here and the effect.
    pub(crate) async fn held(&self) {
        if self.lease.is_none() {
            return;
        }
        let over = |until: &Moment| until.is_past(Moment::now(&*self.environment));
        if over(&self.until.borrow()) {
            tracing::warn!(
                "the lease of this worker is over; it begins nothing until it is renewed"
            );
            // The sender is a field of this.
            drop(self.until.subscribe().wait_for(|until| !over(until)).await);
        }
    }

    fn renew(&self, asked: Moment, lease: Lease) {
        self.until.send_replace(asked.after(lease.length));
    }
}

/// Sends heartbeats until the runtime stops, and stops it when the worker was declared dead.
pub(super) async fn beat(engine: Arc<Engine>) {
    let Some(lease) = engine.pulse.lease else {
        return;
    };
    let mut pause = lease.heartbeat;
    loop {
        engine.environment.sleep(pause).await;
        let asked = Moment::now(&*engine.environment);
        pause = match engine.store.heartbeat(&engine.fence).await {
            Ok(()) => {
                engine.pulse.renew(asked, lease);
                lease.heartbeat
            }
            Err(error) if error.is_temporary() => {
                tracing::warn!(%error, "a heartbeat failed");
                lease.heartbeat / 4
            }
            Err(error) => {
                tracing::error!(%error, "the worker stops");
                engine.stop_soon();
                return;
            }
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_is_over_by_either_clock() {
        let moment = |monotonic, wall| Moment {
            monotonic: Duration::from_millis(monotonic),
            wall: Timestamp(wall),
        };
        let until = moment(100, 1_000).after(Duration::from_millis(50));
        assert!(!until.is_past(moment(149, 1_049)));
        assert!(until.is_past(moment(150, 1_000)));
        assert!(until.is_past(moment(100, 1_050)), "the machine slept");
        assert!(!until.is_past(moment(149, 0)), "the clock was set back");
    }
}
