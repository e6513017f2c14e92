//! The words in which a failure is told, the same in a chain of sources and in a report.

use super::text::Text;
use crate::protocol::failure::{Compensation, CompensationResult, FailureKind, Hop, StoredFailure};

/// How a failure ended, as far as whoever holds it knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// The saga is over, and undone.
    Over,
    /// An operator has to look at it.
    Stuck,
    /// The saga caught it, and goes on.
    Caught,
}

/// "saga `book_trip` failed and was rolled back".
pub(super) fn headline(failure: &StoredFailure, ending: Ending) -> String {
    let Some(hop) = &failure.hop else {
        return "a saga failed".to_owned();
    };
    let by_whom = match failure.kind {
        FailureKind::Undone => Some("with the saga that awaited it"),
        FailureKind::UndoneByHand => Some("by an operator, after it had completed"),
        _ => None,
    };
    if let Some(by_whom) = by_whom {
        return undone_later(hop, ending, by_whom);
    }
    let nothing = failure.compensations.is_empty();
    let past_pivot = is_past_pivot(failure);
    let end = match ending {
        Ending::Caught => return format!("caught in saga `{}`: {}", hop.saga, what(hop)),
        Ending::Stuck if failure.loser.is_some() && past_pivot => {
            "is stuck: an `async` block in it that lost failed past its pivot"
        }
        Ending::Stuck if failure.loser.is_some() => {
            "is stuck while an `async` block in it is undone that lost"
        }
        Ending::Stuck if past_pivot => "failed past its pivot and is stuck",
        Ending::Stuck => "failed and is stuck while it is rolled back",
        Ending::Over if failure.resolved.is_some() => {
            "failed past its pivot and was finished by hand"
        }
        Ending::Over if nothing => "failed",
        Ending::Over => "failed and was rolled back",
    };
    format!("saga `{}` {end}", hop.saga)
}

/// Whether a run that is stuck is so because it failed past its pivot: no compensation failed. What had lost a race
/// before may have been undone.
pub(super) fn is_past_pivot(failure: &StoredFailure) -> bool {
    let mut all = failure.compensations.iter();
    !all.any(|known| matches!(known.result, CompensationResult::Failed { .. }))
}

/// Of a saga that had returned `Ok`.
fn undone_later(hop: &Hop, ending: Ending, by_whom: &str) -> String {
    let end = match ending {
        Ending::Stuck => "is stuck while it is rolled back",
        Ending::Over | Ending::Caught => "was rolled back",
    };
    let saga = &hop.saga;
    format!("saga `{saga}` {end} {by_whom}")
}

/// "`charge` failed".
fn what(hop: &Hop) -> String {
    match &hop.operation {
        Some(operation) if hop.attempt == 0 => format!("`{operation}` could not begin"),
        Some(operation) => format!("`{operation}` failed"),
        None => "its body failed".to_owned(),
    }
}

/// "`charge` failed at src/main.rs:42". Of a body only its beginning is known.
pub(super) fn place(hop: &Hop) -> String {
    let (file, line) = (&hop.file, hop.line);
    match &hop.operation {
        Some(_) => format!("{} at {file}:{line}", what(hop)),
        None => format!("its body, which begins at {file}:{line}, failed"),
    }
}

/// What became of all compensations, in one line; none where there were none.
pub(super) fn undone(failure: &StoredFailure) -> Option<String> {
    let all = failure.compensations.iter().map(undoing);
    let all: Vec<String> = all.chain(by_hand(failure)).collect();
    (!all.is_empty()).then(|| all.join("; "))
}

/// "finished by hand: sent a voucher".
pub(super) fn by_hand(failure: &StoredFailure) -> Option<String> {
    let reason = failure.resolved.as_ref()?;
    Some(format!("finished by hand: {reason}"))
}

/// "`book_flight` (row 2) undone by `cancel_flight`": the row tells one turn of a loop from another, and
/// `row 2.1` the second of several at once.
pub(crate) fn undoing(compensation: &Compensation) -> String {
    let (how, rest) = result(compensation);
    let Compensation {
        seq,
        part,
        step,
        rollback,
        ..
    } = compensation;
    // A saga undoes itself.
    let by = if rollback == step {
        String::new()
    } else {
        format!(" by `{rollback}`")
    };
    let of = if part.is_main() { "" } else { "." };
    format!("`{step}` (row {seq}{of}{}) {how}{by}{rest}", part.0)
}

/// What became of a compensation: a verb, and what there is to be said after the rollback's name.
fn result(compensation: &Compensation) -> (&'static str, String) {
    let (verb, rest) = match &compensation.result {
        CompensationResult::Undone { attempt: 1 } => ("undone", String::new()),
        CompensationResult::Undone { attempt } => ("undone", format!(" at attempt {attempt}")),
        CompensationResult::Failed { attempt, error } => {
            let times = match attempt {
                1 => String::new(),
                times => format!(" {times} times"),
            };
            let why = Text::stored(error);
            ("NOT undone", format!(", which failed{times}: {why:#}"))
        }
        CompensationResult::Skipped { reason } => ("NOT undone", format!(", skipped: {reason}")),
        CompensationResult::Resolved { reason } => ("undone by hand, not", format!(": {reason}")),
    };
    let unknown = if compensation.unknown {
        ", told that it may have happened"
    } else {
        ""
    };
    (verb, format!("{unknown}{rest}"))
}
