//! The world outside the store: everything that happened, in order, whatever becomes of the runs.

#![allow(dead_code, reason = "each test binary uses a part of this")]

use std::collections::HashMap;
use std::sync::{Mutex, OnceLock};

static NOTES: Mutex<Option<HashMap<String, Vec<String>>>> = Mutex::new(None);
static SINK: OnceLock<fn(&str, Moment)> = OnceLock::new();

/// On which side of an effect the world stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    Before,
    After,
}

/// An effect of a step, or of a rollback, under its idempotency key.
pub(crate) fn effect(case: &str, what: &str) {
    let key = scoop::context().unwrap().idempotency_key();
    note(case, format!("{key} {what}"));
}

/// Something that a saga's own code did between two awaits.
pub(crate) fn body(case: &str, what: &str) {
    note(case, format!("body {what}"));
}

fn note(case: &str, line: String) {
    if let Some(sink) = SINK.get() {
        sink(&line, Moment::Before);
        sink(&line, Moment::After);
        return;
    }
    let mut notes = NOTES.lock().unwrap();
    let notes = notes.get_or_insert_default();
    notes.entry(case.to_owned()).or_default().push(line);
}

/// From now on this process's notes go there instead: once when something is about to happen, once
/// when it has.
pub(crate) fn to(sink: fn(&str, Moment)) {
    SINK.set(sink).unwrap();
}

/// All that happened in this case.
pub(crate) fn read(case: &str) -> Vec<String> {
    let notes = NOTES.lock().unwrap();
    let found = notes.as_ref().and_then(|notes| notes.get(case));
    found.cloned().unwrap_or_default()
}

/// How often this happened, whatever the key.
pub(crate) fn count(case: &str, what: &str) -> usize {
    let lines = read(case);
    let alike = lines
        .iter()
        .filter(|line| line.split_once(' ').is_some_and(|(_, rest)| rest == what));
    alike.count()
}

/// The notes without the ids of runs, which are others in each test: `3 +hotel`, `3:undo -hotel`. Where
/// there are several runs, they are called `a`, `b`, `c` in the order in which they did something.
pub(crate) fn told(lines: &[String]) -> Vec<String> {
    let mut runs: Vec<&str> = Vec::new();
    let split = |line: &'_ String| -> Option<(String, String)> {
        let (run, rest) = line.split_once(':')?;
        (!line.starts_with("body ")).then(|| (run.to_owned(), rest.to_owned()))
    };
    for line in lines {
        if let Some((run, _)) = split(line)
            && !runs.contains(&&*run)
        {
            runs.push(&line[..run.len()]);
        }
    }
    let plain = |line| match split(line) {
        None => line.clone(),
        Some((_, rest)) if runs.len() == 1 => rest,
        Some((run, rest)) => {
            let place = runs.iter().position(|known| *known == run).unwrap();
            let name = u8::try_from(place).ok().filter(|place| *place < 26);
            match name {
                Some(letter) => format!("{} {rest}", char::from(b'a' + letter)),
                None => format!("r{place} {rest}"),
            }
        }
    };
    lines.iter().map(plain).collect()
}
