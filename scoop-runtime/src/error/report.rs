//! The report of a failure for people: what happened, where, and what became of each compensation.

use std::error::Error as StdError;
use std::fmt::{Formatter, Result};

use super::text::Text;
use super::wording::{self, Ending};
use crate::protocol::failure::{Compensation, CompensationResult, Hop, StoredError, StoredFailure};

/// Prints a whole report.
pub(super) fn failure(f: &mut Formatter<'_>, failure: &StoredFailure, ending: Ending) -> Result {
    write!(f, "{}", wording::headline(failure, ending))?;
    error(f, "error", &failure.error)?;
    if let Some(cause) = failure
        .cause
        .as_ref()
        .filter(|cause| !says(&failure.error, cause))
    {
        error(f, "caused by", cause)?;
    }
    place(f, failure, false)?;
    let mut above = failure;
    while let Some(below) = above.below.as_deref() {
        inner(f, below, above)?;
        above = below;
    }
    end(f, failure, ending)
}

/// A saga that was awaited, which has undone itself.
fn inner(f: &mut Formatter<'_>, failure: &StoredFailure, above: &StoredFailure) -> Result {
    let known = [Some(&above.error), above.cause.as_ref()];
    let new = |error: &StoredError| !known.into_iter().flatten().any(|known| says(known, error));
    let errors = [Some(&failure.error), failure.cause.as_ref()];
    for found in errors.into_iter().flatten().filter(|error| new(error)) {
        error(f, "caused by", found)?;
    }
    place(f, failure, true)?;
    if !failure.compensations.is_empty() {
        write!(f, "\n    undone there, newest first:")?;
    }
    let mut all = failure.compensations.iter();
    all.try_for_each(|done| write!(f, "\n      {}", line(done)))
}

fn place(f: &mut Formatter<'_>, failure: &StoredFailure, is_inner: bool) -> Result {
    if let Some(at) = &failure.hop {
        hop(f, at, is_inner)?;
    }
    let doubt = failure.hop.as_ref().filter(|_| failure.doubt.is_some());
    if let Some(operation) = doubt.and_then(|hop| hop.operation.as_ref()) {
        write!(
            f,
            "\n  in doubt: nobody knows whether `{operation}` happened"
        )?;
    }
    for earlier in &failure.preceded_by {
        write!(f, "\n  preceded by: {}", wording::place(&earlier.hop))?;
        error(f, "  error", &earlier.error)?;
    }
    Ok(())
}

fn error(f: &mut Formatter<'_>, title: &str, error: &StoredError) -> Result {
    let chain = Text::stored(error);
    let mut messages = chain.messages();
    let message = messages.next().unwrap_or_default();
    write!(f, "\n  {title}: {}", indented(message))?;
    messages.try_for_each(|source| write!(f, "\n    because: {}", indented(source)))
}

/// Whether the chain of an error says all that another one does.
fn says(error: &StoredError, other: &StoredError) -> bool {
    let (error, other) = (Text::stored(error), Text::stored(other));
    let mut messages = other.messages();
    messages.all(|message| error.messages().any(|said| said.contains(message)))
}

/// The lines after the first stand under it.
fn indented(message: &str) -> String {
    message.replace('\n', "\n      ")
}

fn hop(f: &mut Formatter<'_>, hop: &Hop, is_inner: bool) -> Result {
    write!(f, "\n  where: {}", wording::place(hop))?;
    if is_inner {
        write!(f, "\n    saga `{}`", hop.saga)?;
    }
    if let Some(point) = &hop.point {
        write!(f, "\n    await point `{point}`")?;
        if hop.attempt > 0 {
            write!(f, ", attempt {}", hop.attempt)?;
        }
    }
    write!(f, "\n    run {}, {}", hop.run, hop.at)
}

fn end(f: &mut Formatter<'_>, failure: &StoredFailure, ending: Ending) -> Result {
    if ending == Ending::Caught {
        return write!(f, "\n  nothing is undone: the saga goes on");
    }
    if let Some(by_hand) = wording::by_hand(failure) {
        return write!(f, "\n  {}", indented(&by_hand));
    }
    if failure.compensations.is_empty() {
        return match ending {
            Ending::Stuck => past_pivot(f, failure),
            _ => write!(f, "\n  nothing had to be undone"),
        };
    }
    write!(f, "\n  undone, newest first:")?;
    let mut all = failure.compensations.iter();
    all.try_for_each(|done| compensation(f, done))?;
    if ending == Ending::Stuck && wording::is_past_pivot(failure) {
        return past_pivot(f, failure);
    }
    if ending == Ending::Stuck {
        let run = run(failure);
        let what = match failure.loser {
            None => "anything done before that is not undone yet",
            Some(_) => {
                "anything done in it before that is not undone yet; the saga has not failed, and goes on then"
            }
        };
        write!(f, "\n  {what}")?;
        write!(
            f,
            "\n  to go on: `retry`, `skip` or `resolve` run {run} with `scoop.admin()`"
        )?;
    }
    Ok(())
}

fn past_pivot(f: &mut Formatter<'_>, failure: &StoredFailure) -> Result {
    let nothing = match failure.compensations.is_empty() {
        true => "nothing was undone",
        false => "nothing else was undone",
    };
    write!(f, "\n  {nothing}: what it left has to be finished by hand")?;
    let then = match failure.loser {
        None => "",
        Some(_) => ": the saga has not failed, and goes on then",
    };
    write!(
        f,
        "\n  then `resolve` run {} with `scoop.admin()`{then}",
        run(failure)
    )
}

fn run(failure: &StoredFailure) -> String {
    let run = failure.hop.as_ref().map(|hop| hop.run.to_string());
    run.unwrap_or_default()
}

fn compensation(f: &mut Formatter<'_>, done: &Compensation) -> Result {
    write!(f, "\n    {}", line(done))
}

fn line(done: &Compensation) -> String {
    let sign = match &done.result {
        CompensationResult::Undone { .. } | CompensationResult::Resolved { .. } => '✓',
        CompensationResult::Failed { .. } => '✗',
        CompensationResult::Skipped { .. } => '-',
    };
    format!("{sign} {}", indented(&wording::undoing(done)))
}

/// Prints trouble with its sources.
pub(super) fn trouble(f: &mut Formatter<'_>, trouble: &(dyn StdError + 'static)) -> Result {
    let chain = Text::of(trouble);
    let mut messages = chain.messages();
    write!(f, "{}", messages.next().unwrap_or_default())?;
    messages.try_for_each(|source| write!(f, "\n  because: {}", indented(source)))?;
    write!(
        f,
        "\n  this is trouble with the store or the runtime, not a failure of the saga"
    )
}
