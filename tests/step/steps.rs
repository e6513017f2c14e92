//! The steps that are looked at, and what they need.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use scoop::__private::runtime::resource::Resources;
use scoop::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Trip {
    pub(crate) to: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Flight(pub(crate) String);

#[derive(Debug, PartialEq, thiserror::Error, Serialize, Deserialize)]
pub(crate) enum FlightError {
    #[error("no flight to {0}")]
    None(String),
    #[error("the line is busy")]
    Busy,
}

#[derive(Debug, thiserror::Error)]
#[error("the mail is down")]
pub(crate) struct MailError;

pub(crate) type MailResult<T> = Result<T, MailError>;

#[derive(Clone, Default)]
pub(crate) struct Mailer(Arc<Mutex<Vec<String>>>);

impl Mailer {
    pub(crate) fn send(&self, text: impl Into<String>) {
        self.0.lock().unwrap().push(text.into());
    }

    pub(crate) fn sent(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

/// Books a flight.
#[step(
    rollback = cancel_flight,
    timeout = "10s",
    retry(max = 5, backoff = "100ms..30s", on = is_busy),
    undo(retry(forever))
)]
pub(crate) async fn book_flight(
    trip: &Trip,
    seats: u32,
    mailer: Resource<Mailer>,
) -> Result<Flight, FlightError> {
    mailer.send(format!("booked {seats}"));
    match trip.to.as_str() {
        "nowhere" => Err(FlightError::None(trip.to.clone())),
        "london" => Err(FlightError::Busy),
        to => Ok(Flight(format!("{to}/{seats}"))),
    }
}

pub(crate) async fn cancel_flight(
    trip: &Trip,
    seats: u32,
    flight: Outcome<Flight>,
    failure: Failure,
    mailer: Resource<Mailer>,
) -> Result<(), FlightError> {
    mailer.send(format!("{} {seats} {flight:?} because {failure}", trip.to));
    match trip.to.as_str() {
        "london" => Err(FlightError::Busy),
        _ => Ok(()),
    }
}

pub(crate) fn is_busy(error: &FlightError) -> bool {
    *error == FlightError::Busy
}

#[step(rollback = give_back)]
pub(crate) async fn take(names: &[String], mut note: String, _: u8, text: &str) -> usize {
    note.push_str(text);
    names.len() + note.len()
}

pub(crate) async fn give_back(
    names: &[String],
    note: String,
    _: u8,
    text: &str,
    taken: usize,
) -> MailResult<()> {
    assert_eq!(
        (names.len(), note.as_str(), text, taken),
        (2, "note", "text", 10)
    );
    Ok(())
}

#[step(rollback = close)]
pub(crate) async fn open() {}

pub(crate) async fn close() -> Result<(), MailError> {
    Ok(())
}

#[step(read_only)]
pub(crate) async fn aliased(fail: bool) -> MailResult<u8> {
    if fail { Err(MailError) } else { Ok(1) }
}

#[step(retriable, blocking, name = "hash")]
pub(crate) fn hash(text: &str, salt: Resource<usize>) -> usize {
    text.len() + *salt
}

pub(crate) struct Hotels {
    pub(crate) booked: AtomicU32,
}

#[scoop::resource]
impl Hotels {
    const ROOMS: u32 = 2;

    pub(crate) fn booked(&self) -> u32 {
        self.booked.load(Ordering::SeqCst)
    }

    /// Books a room.
    #[step(rollback = Self::cancel)]
    pub(crate) async fn book(
        &self,
        trip: &Trip,
        mailer: Resource<Mailer>,
    ) -> Result<u32, FlightError> {
        mailer.send(&*trip.to);
        self.booked.fetch_add(Self::ROOMS, Ordering::SeqCst);
        Ok(self.booked())
    }

    async fn cancel(&self, _trip: &Trip, rooms: u32) -> Result<(), FlightError> {
        self.booked.fetch_sub(rooms, Ordering::SeqCst);
        Ok(())
    }

    #[step(rollback = ignore_rooms)]
    pub(crate) async fn count(&self) -> u32 {
        self.booked()
    }
}

pub(crate) async fn ignore_rooms(_: u32, _: Failure) -> Result<(), FlightError> {
    Ok(())
}

pub(crate) mod renamed {
    use super::MailResult;
    use scoop as saga_library;

    /// Under another name of the crate, and seen from outside.
    #[saga_library::step(rollback = undo, crate = saga_library)]
    pub(crate) async fn double(number: u32) -> u32 {
        number * 2
    }

    async fn undo(_: u32, _: u32) -> MailResult<()> {
        Ok(())
    }
}

pub(crate) fn trip(to: &str) -> Trip {
    Trip { to: to.to_owned() }
}

pub(crate) fn hotels(booked: u32) -> Hotels {
    Hotels {
        booked: AtomicU32::new(booked),
    }
}

pub(crate) fn provided(mailer: Mailer) -> Resources {
    let mut resources = Resources::default();
    resources.insert(Resource::new(mailer));
    resources
}
