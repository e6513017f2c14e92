//! What no store takes: NUL in text, values too large, rows that contradict each other. Checked
//! before anything is sent, so that every store refuses the same.

use super::StoreError;
use crate::codec::Stored;
use crate::protocol::commit::Commit;
use crate::protocol::id::WorkerName;

/// The most bytes that one value may have.
pub(super) const LARGEST: usize = 256 << 20;

/// Refuses a batch in which something cannot be stored.
pub(super) fn batch(batch: &[Commit], largest: usize) -> Result<(), StoreError> {
    batch.iter().try_for_each(|commit| {
        one(commit, largest)
            .map_err(|why| StoreError::Refused(format!("run {}: {why}", commit.run)))
    })
}

/// Refuses a worker's name that cannot be stored.
pub(super) fn worker(name: &WorkerName) -> Result<(), StoreError> {
    text("the worker's name", &name.0).map_err(StoreError::Refused)
}

fn one(commit: &Commit, largest: usize) -> Result<(), String> {
    if let Some(new) = &commit.create {
        if new.id != commit.run {
            return Err(format!("the commit creates another run, {}", new.id));
        }
        text("the saga's name", &new.saga)?;
        text("the key", new.key.as_deref().unwrap_or_default())?;
        size("the input", Some(&new.input), largest)?;
    }
    if commit.create.is_some() && commit.update.cancel.is_some() {
        return Err("the commit cancels the run that it creates".to_owned());
    }
    text(
        "the reason",
        commit.update.cancel.as_deref().unwrap_or_default(),
    )?;
    size("the output", commit.update.output.as_ref(), largest)?;
    size("the failure", commit.update.failure.as_ref(), largest)?;
    for row in &commit.rows {
        text("the part", &row.part.0)?;
        text("the await point", &row.point)?;
        text(
            "the operation",
            row.operation.as_deref().unwrap_or_default(),
        )?;
        size("the arguments", row.arguments.as_ref(), largest)?;
        size("the frame", row.frame.as_ref(), largest)?;
        size("the outcome", row.outcome.as_ref(), largest)?;
        if row.seq.0 < 1 {
            return Err(format!("a row has the position {}", row.seq));
        }
    }
    Ok(())
}

fn text(what: &str, text: &str) -> Result<(), String> {
    if text.contains('\0') {
        Err(format!("{what} contains a NUL character"))
    } else {
        Ok(())
    }
}

fn size(what: &str, value: Option<&Stored>, largest: usize) -> Result<(), String> {
    let size = value.map_or(0, Stored::len);
    if size > largest {
        return Err(format!(
            "{what} has {size} bytes, more than the {largest} that fit"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::conformance::sample;

    #[test]
    fn a_value_over_the_limit_is_refused_by_name() {
        let mut commit = sample::step(1, 1);
        commit.rows[0].frame = Some(Stored::from_json("[1234567890]"));
        assert!(batch(std::slice::from_ref(&commit), 14).is_ok());
        let error = batch(&[commit], 13).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the store refuses the data: run 00000000-0000-0000-0000-000000000001: \
             the frame has 14 bytes, more than the 13 that fit"
        );
    }
}
