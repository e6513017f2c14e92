//! The report of a failure for people: what happened, where, and what became of each compensation.

use std::error::Error as StdError;
use std::fmt::{Formatter, Result};

use super::chain::place;
use crate::protocol::failure::{Compensation, CompensationResult, StoredError, StoredFailure};

/// "saga `book_trip` failed and was rolled back".
pub(super) fn headline(failure: &StoredFailure, stuck: bool) -> String {
    let Some(hop) = failure.hops.first() else {
        return failure.error.message.clone();
    };
    let end = match (stuck, failure.compensations.is_empty()) {
        (true, _) => "failed and is stuck while it is rolled back",
        (false, true) => "failed",
        (false, false) => "failed and was rolled back",
    };
    format!("saga `{}` {end}", hop.saga)
}

/// Prints a whole report.
pub(super) fn failure(f: &mut Formatter<'_>, failure: &StoredFailure, stuck: bool) -> Result {
    writeln!(f, "{}", headline(failure, stuck))?;
    error(f, "", &failure.error)?;
    for hop in &failure.hops {
        let place =
            place(hop).unwrap_or_else(|| format!("in its body at {}:{}", hop.file, hop.line));
        writeln!(f, "  where: {place}")?;
        if let Some(point) = &hop.point {
            writeln!(f, "         await point `{point}`")?;
        }
        writeln!(f, "         run {} at {}", hop.run, hop.at)?;
    }
    if let Some(cause) = &failure.cause {
        error(f, "caused by ", cause)?;
    }
    for earlier in &failure.preceded_by {
        let place = place(&earlier.hop).unwrap_or_default();
        writeln!(f, "  before that: {place}: {}", earlier.error.message)?;
    }
    if failure.compensations.is_empty() {
        return write!(f, "  nothing had to be undone");
    }
    write!(f, "  undone, newest first:")?;
    failure
        .compensations
        .iter()
        .try_for_each(|done| compensation(f, done))
}

fn error(f: &mut Formatter<'_>, before: &str, error: &StoredError) -> Result {
    writeln!(f, "  {before}error: {}", error.message)?;
    error
        .sources
        .iter()
        .try_for_each(|source| writeln!(f, "    because: {source}"))
}

fn compensation(f: &mut Formatter<'_>, done: &Compensation) -> Result {
    let (sign, how) = match &done.result {
        CompensationResult::Undone { attempt: 1 } => ("✓", String::new()),
        CompensationResult::Undone { attempt } => ("✓", format!(" (attempt {attempt})")),
        CompensationResult::Failed { attempt, error } => {
            ("✗", format!(": failed {attempt} times: {}", error.message))
        }
        CompensationResult::Skipped { reason } => ("-", format!(": skipped: {reason}")),
        CompensationResult::Resolved { reason } => ("✓", format!(": by hand: {reason}")),
    };
    write!(f, "\n    {sign} {} by {}{how}", done.step, done.rollback)
}

/// Prints trouble with its sources.
pub(super) fn trouble(f: &mut Formatter<'_>, trouble: &(dyn StdError + 'static)) -> Result {
    write!(f, "{trouble}")?;
    super::text::sources_of(trouble)
        .iter()
        .try_for_each(|source| write!(f, "\n  because: {source}"))
}
