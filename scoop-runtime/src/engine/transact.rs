//! Does what commits together with its own outcome: in a transaction of the store, again and again
//! while others are in its way, until it stands or is over.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use backon::BackoffBuilder as _;

use super::Engine;
use super::again::Again;
use super::attempt::Attempt;
use super::requeue::Sending;
use crate::codec::Stored;
use crate::environment::BoxFuture;
use crate::protocol::commit::Commit;
use crate::protocol::failure::{FailureKind, StoredError};
use crate::store::StoreError;
use crate::store::tx::{Database, Lent, Seen, Transacted, Verdict, Work};

/// The pause before somebody asks again whether a transaction took place.
const PAUSE: Duration = Duration::from_millis(100);

/// So often in a row may the server end a transaction in which nothing is done before that counts as
/// an attempt that took too long: a process that was stopped for a while is not the step's fault, a
/// step that waits for something else while its transaction is open does it each time.
const EXPIRIES: u32 = 3;

/// Why nothing came of it.
pub(super) enum Stop {
    /// The run is somebody else's, or the worker may write nothing more.
    Left,
    /// The store refuses what is to be written before.
    Refused(String),
    /// This build, or this database, cannot continue the run.
    Park(String),
}

/// What came of it.
pub(super) enum Ended {
    /// It was done, and is durable.
    Committed(Attempt),
    /// It was done in an earlier life, or before an answer was lost; this is what it returned.
    Found(Stored),
    /// It left nothing.
    Over(Attempt),
}

/// Something with an effect in the store's database.
#[async_trait]
pub(super) trait Effect: Sync {
    /// Its stored name.
    fn name(&self) -> &str;

    /// One attempt at it.
    fn run<'a>(&'a self, lent: &'a mut Lent<'a>) -> BoxFuture<'a, Attempt>;

    /// Writes what has to be there before, if it is not there yet, in a commit of its own.
    async fn store_first(&self) -> Result<(), Stop>;

    /// What is to be committed with it when it returned this. Waits while `store_first` is under way.
    async fn commit(&self, done: &Stored) -> Result<Commit, Stop>;

    /// What it returned, according to the store.
    async fn found(&self) -> Result<Option<Stored>, Stop>;
}

/// Does it.
pub(super) async fn transact(engine: &Engine, effect: &dyn Effect) -> Result<Ended, Stop> {
    let (environment, patience) = (&engine.environment, engine.limits.hold_outcomes);
    let began = environment.monotonic();
    let elapsed = || environment.monotonic().saturating_sub(began);
    let mut pauses = backon::ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(5))
        .with_max_delay(Duration::from_secs(1))
        .without_max_times()
        .build();
    let (mut repeated, mut expired) = (0_u32, 0);
    loop {
        engine.pulse.held().await;
        let mut attempting = Attempting::of(engine, effect);
        let left = patience.saturating_sub(elapsed());
        let transacted = once(engine, effect, &mut attempting, left).await?;
        let again = match attempting.end(engine, transacted).await? {
            Ok(ended) => return Ok(ended),
            Err(again) => again,
        };
        repeated += 1;
        expired = if again.expired { expired + 1 } else { 0 };
        again.tell(effect.name(), repeated);
        if expired == EXPIRIES {
            return Ok(Ended::Over(rested(effect.name())));
        }
        let pause = pauses.next().unwrap_or_default();
        let pause = pause.mul_f64(0.5 + environment.random());
        if elapsed() + pause > patience {
            effect.store_first().await?;
        }
        environment.sleep(pause).await;
    }
}

/// One transaction. When it takes longer than `patience`, what has to be there before is written
/// beside it; where nobody can write beside it, before it begins.
async fn once(
    engine: &Engine,
    effect: &dyn Effect,
    attempting: &mut Attempting<'_>,
    patience: Duration,
) -> Result<Result<Transacted, StoreError>, Stop> {
    let database = engine.store.database();
    let beside = database.is_some_and(Database::writes_beside);
    let progress = Arc::clone(&attempting.progress);
    {
        let mut transacting = engine.store.transact(&engine.fence, attempting);
        tokio::select! {
            biased;
            transacted = &mut transacting => return Ok(transacted),
            () = engine.environment.sleep(patience) => {}
        }
        if beside {
            // What is being committed with the rest is not to be written twice: the two would wait
            // for each other.
            let first = async {
                if progress.is_sent() {
                    return Ok(());
                }
                effect.store_first().await
            };
            let (transacted, first) = tokio::join!(transacting, first);
            if !matches!(transacted, Ok(Transacted::Stored)) {
                first?;
            }
            return Ok(transacted);
        }
        if progress.has_begun() {
            return Ok(transacting.await);
        }
    }
    effect.store_first().await?;
    Ok(engine.store.transact(&engine.fence, attempting).await)
}

/// An attempt in a transaction.
struct Attempting<'a> {
    engine: &'a Engine,
    effect: &'a dyn Effect,
    /// From when it is sent until it is known what came of it.
    sending: Option<Sending<'a>>,
    attempt: Option<Attempt>,
    /// Why it is to be run again, whatever it returned.
    noted: Option<Seen>,
    sent: Option<Commit>,
    stop: Option<Stop>,
    progress: Arc<Progress>,
}

/// How far a transaction has come.
#[derive(Default)]
struct Progress {
    begun: AtomicBool,
    sent: AtomicBool,
}

impl Progress {
    fn has_begun(&self) -> bool {
        self.begun.load(Ordering::SeqCst)
    }

    fn is_sent(&self) -> bool {
        self.sent.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl Work for Attempting<'_> {
    async fn work(&mut self, lent: Lent<'_>) -> Verdict {
        self.progress.begun.store(true, Ordering::SeqCst);
        let noted = lent.noted();
        let attempt = run(self.effect, lent).await;
        let verdict = match &attempt {
            Attempt::Done { stored, .. } => {
                // From here on nothing of it is written beside.
                self.progress.sent.store(true, Ordering::SeqCst);
                match self.effect.commit(stored).await {
                    Ok(commit) => {
                        self.sending = Some(self.engine.sending(commit.run));
                        self.sent = Some(commit.clone());
                        Verdict::Commit(Box::new(commit))
                    }
                    Err(stop) => {
                        self.stop = Some(stop);
                        Verdict::Rollback
                    }
                }
            }
            Attempt::Dropped(_)
            | Attempt::Unknown {
                kind: FailureKind::Panic | FailureKind::Timeout,
                ..
            } => Verdict::Abandon,
            _ => Verdict::Rollback,
        };
        self.noted = noted.seen();
        self.attempt = Some(attempt);
        verdict
    }
}

async fn run<'a>(effect: &'a dyn Effect, lent: Lent<'a>) -> Attempt {
    let mut lent = lent;
    effect.run(&mut lent).await
}

impl<'a> Attempting<'a> {
    fn of(engine: &'a Engine, effect: &'a dyn Effect) -> Self {
        Self {
            engine,
            effect,
            sending: None,
            attempt: None,
            noted: None,
            sent: None,
            stop: None,
            progress: Arc::default(),
        }
    }

    /// What the end of the transaction means; in the inner `Err`, why it is run again.
    async fn end(
        self,
        engine: &Engine,
        transacted: Result<Transacted, StoreError>,
    ) -> Result<Result<Ended, Again>, Stop> {
        let _sending = self.sending;
        if let Some(stop) = self.stop {
            return Err(stop);
        }
        let expired = |seen: &Seen| seen.expired;
        match (transacted, self.attempt) {
            (Ok(Transacted::Stored), Some(attempt)) => Ok(Ok(Ended::Committed(attempt))),
            (Ok(Transacted::RolledBack), Some(attempt)) => match (&attempt, self.noted) {
                (Attempt::Failed { .. }, Some(seen)) => Ok(Err(seen.into())),
                _ => Ok(Ok(Ended::Over(attempt))),
            },
            (Ok(Transacted::Broken(why)), _) => match self.noted {
                Some(seen) => Ok(Err(seen.into())),
                None => Ok(Ok(Ended::Over(broken(self.effect.name(), &why)))),
            },
            (Ok(Transacted::Stale), _) => {
                let found = self.effect.found().await?;
                found.map(|found| Ok(Ended::Found(found))).ok_or(Stop::Left)
            }
            (Ok(Transacted::Doubt(why)), _) => {
                tracing::warn!(why, "the connection was lost during a commit");
                let found = settle(engine, self.effect, self.sent).await?;
                Ok(found.map(Ended::Found).ok_or(why.into()))
            }
            (Ok(Transacted::Expired(why)), _) => Ok(Err(Again { why, expired: true })),
            // The connection that is gone then says less.
            (Ok(Transacted::Repeat(why)), _) => Ok(Err(match self.noted.filter(expired) {
                Some(seen) => seen.into(),
                None => why.into(),
            })),
            (Ok(Transacted::Stored | Transacted::RolledBack), None) => {
                Err(Stop::Park("a transaction was not begun".to_owned()))
            }
            (Err(error), _) => stopped(engine, error).map(|why| Err(why.into())),
        }
    }
}

fn rested(name: &str) -> Attempt {
    Attempt::Unknown {
        kind: FailureKind::Timeout,
        error: StoredError::of_engine(format!(
            "`{name}` did nothing in its transaction for so long that the server ended it, \
             {EXPIRIES} times; what it waits for belongs into a step of its own"
        )),
    }
}

fn broken(name: &str, why: &str) -> Attempt {
    Attempt::Unknown {
        kind: FailureKind::Unstorable,
        error: StoredError::of_engine(format!(
            "the transaction of `{name}` cannot be committed: {why}"
        )),
    }
}

/// Why a transaction that left nothing is run again, if it is.
fn stopped(engine: &Engine, error: StoreError) -> Result<String, Stop> {
    match error {
        error if error.is_temporary() => Ok(error.to_string()),
        error @ StoreError::Fenced(_) => {
            tracing::error!(%error, "the worker stops");
            engine.stop_soon();
            Err(Stop::Left)
        }
        error => Err(Stop::Park(error.to_string())),
    }
}

/// Whether a transaction whose answer was lost took place: waits until it has, or never will.
async fn settle(
    engine: &Engine,
    effect: &dyn Effect,
    sent: Option<Commit>,
) -> Result<Option<Stored>, Stop> {
    let Some(commit) = sent else { return Ok(None) };
    let mut probing = Probing(commit);
    loop {
        let probed = engine.store.transact(&engine.fence, &mut probing).await;
        match probed {
            Ok(Transacted::RolledBack | Transacted::Broken(_)) => return Ok(None),
            Ok(Transacted::Stale | Transacted::Stored) => {
                return match effect.found().await? {
                    None => Err(Stop::Left),
                    found => Ok(found),
                };
            }
            Ok(Transacted::Repeat(_) | Transacted::Expired(_) | Transacted::Doubt(_)) => {}
            Err(error) => drop(stopped(engine, error)?),
        }
        engine.environment.sleep(PAUSE).await;
    }
}

struct Probing(Commit);

#[async_trait]
impl Work for Probing {
    async fn work(&mut self, _: Lent<'_>) -> Verdict {
        Verdict::Probe(Box::new(self.0.clone()))
    }
}
