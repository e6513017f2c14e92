//! Hints as notifications on the channel `scoop`: who says them, and who hears them, on a connection of
//! its own. A process hears itself first: behind a proxy that pools transactions nobody hears anything.

use std::time::Duration;

use sqlx::postgres::{PgListener, PgPoolOptions};
use uuid::Uuid;

use super::session::Session;
use super::{PostgresStore, query};
use crate::protocol::id::RunId;
use crate::store::hint::{Ear, Heard, Hint};

type Result<T> = std::result::Result<T, sqlx::Error>;

/// The statements have it, too.
const CHANNEL: &str = "scoop";
/// How long to wait for a connection.
const LONGEST: Duration = Duration::from_secs(10);
/// How often a connection is tried on which nothing is heard.
const SILENCE: Duration = Duration::from_secs(60);
/// The most runs in one notification, which has less than 8,000 bytes.
const MOST: usize = 200;

/// Says these to all other processes. They are said when the transaction is committed, which need not be
/// durable.
pub(super) async fn announce(session: &mut Session<'_>, me: Uuid, hints: &[Hint]) -> Result<()> {
    say(session, &written(me, hints)).await
}

async fn say(session: &mut Session<'_>, said: &[String]) -> Result<()> {
    let notify = session.statement(query::HINT_SAY).bind(said);
    notify.execute(&mut *session.connection).await.map(drop)
}

/// Hears what others say, until the connection is lost.
pub(super) async fn hear(store: &PostgresStore, ear: Ear<'_>) -> Result<()> {
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .acquire_timeout(LONGEST)
        .max_lifetime(None)
        .idle_timeout(None)
        .connect_lazy_with(store.server.clone());
    let mut listener = PgListener::connect_with(&pool).await?;
    listener.eager_reconnect(false);
    listener.listen(CHANNEL).await?;
    store.try_out().await;
    loop {
        let next = listener.try_recv();
        tokio::pin!(next);
        let mut silent = false;
        let heard = loop {
            tokio::select! {
                heard = &mut next => break heard?,
                () = tokio::time::sleep(SILENCE) => {
                    if std::mem::replace(&mut silent, true) {
                        return Ok(());
                    }
                    store.try_out().await;
                }
            }
        };
        let Some(heard) = heard else {
            return Ok(());
        };
        read(store.me, heard.payload()).into_iter().for_each(ear);
    }
}

/// What has a listener of this process hear itself.
pub(super) async fn try_out(session: &mut Session<'_>, me: Uuid) -> Result<()> {
    say(session, &[format!("{} here", me.simple())]).await
}

fn written(me: Uuid, hints: &[Hint]) -> Vec<String> {
    let me = me.simple();
    let mut said = Vec::new();
    if hints.contains(&Hint::Due) {
        said.push(format!("{me} due"));
    }
    let left = |hint: &Hint| match hint {
        Hint::Left(run) => Some(run.as_uuid().simple().to_string()),
        Hint::Due => None,
    };
    let left: Vec<_> = hints.iter().filter_map(left).collect();
    let runs = left.chunks(MOST).map(|runs| runs.join(","));
    said.extend(runs.map(|runs| format!("{me} left {runs}")));
    said
}

/// What a newer program says and this one does not know is passed over.
fn read(me: Uuid, payload: &str) -> Vec<Heard> {
    let mut words = payload.split(' ');
    let mine = words.next().and_then(|word| word.parse().ok()) == Some(me);
    match (words.next(), words.next()) {
        (Some("here"), None) if mine => vec![Heard::Itself],
        (Some("due"), None) if !mine => vec![Heard::Hint(Hint::Due)],
        (Some("left"), Some(runs)) if !mine => {
            let runs = runs.split(',').filter_map(|run| run.parse().ok());
            runs.map(|run| Heard::Hint(Hint::Left(RunId::from_uuid(run))))
                .collect()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_heard_by_others() {
        let [me, other] = [Uuid::from_u128(1), Uuid::from_u128(2)];
        let left = |number| Hint::Left(RunId::from_uuid(Uuid::from_u128(number)));
        let mut hints: Vec<Hint> = (0..500).map(left).collect();
        hints.push(Hint::Due);
        hints.push(Hint::Due);
        let said = written(me, &hints);
        assert_eq!(said.len(), 4);
        assert!(said.iter().all(|one| one.len() < 8_000));
        let heard: Vec<_> = said.iter().flat_map(|one| read(other, one)).collect();
        assert_eq!(heard.len(), 501);
        assert_eq!(heard[0], Heard::Hint(Hint::Due));
        assert_eq!(heard[500], Heard::Hint(left(499)));
        assert!(said.iter().all(|one| read(me, one).is_empty()));
    }

    #[test]
    fn only_who_says_that_it_is_here_hears_that() {
        let me = Uuid::from_u128(1);
        let here = format!("{} here", me.simple());
        assert_eq!(read(me, &here), [Heard::Itself]);
        assert_eq!(read(Uuid::from_u128(2), &here), []);
    }

    #[test]
    fn what_is_not_known_is_passed_over() {
        for said in ["", "x", "- later", "- due and more", "- left x,y"] {
            assert_eq!(read(Uuid::from_u128(1), said), [], "{said}");
        }
        assert_eq!(read(Uuid::from_u128(1), "- due"), [Heard::Hint(Hint::Due)]);
    }
}
