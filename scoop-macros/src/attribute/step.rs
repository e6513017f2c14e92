//! The arguments of `#[step]`.

use std::time::Duration;

use proc_macro2::{Span, TokenStream};
use syn::Path;

use super::{Entry, duration, duration_range};
use crate::diagnostics::Mistakes;

const KNOWN: [&str; 11] = [
    "rollback",
    "pivot",
    "retriable",
    "read_only",
    "retry",
    "timeout",
    "blocking",
    "undo",
    "name",
    "crate",
    "cancellable",
];

/// What `#[step(..)]` says.
#[derive(Default)]
pub(crate) struct StepArgs {
    pub(crate) kind: Option<Kind>,
    pub(crate) retry: Option<RetryArgs>,
    pub(crate) undo: Option<RetryArgs>,
    pub(crate) timeout: Option<Timeout>,
    pub(crate) blocking: bool,
    pub(crate) name: Option<String>,
    root: Option<Path>,
}

/// The promise about being undone.
#[derive(Clone)]
pub(crate) enum Kind {
    Compensatable(Path),
    Pivot,
    Retriable,
    ReadOnly,
}

/// `timeout = ".."`.
pub(crate) struct Timeout {
    pub(crate) limit: Duration,
    pub(crate) span: Span,
}

/// `retry(..)`.
#[derive(Clone, Default)]
pub(crate) struct RetryArgs {
    /// `None`: not given; `Some(None)`: for ever.
    pub(crate) max: Option<Option<u32>>,
    pub(crate) backoff: Option<(Duration, Duration)>,
    pub(crate) on: Option<Path>,
}

impl StepArgs {
    /// Reads the arguments.
    pub(crate) fn parse(args: TokenStream, mistakes: &mut Mistakes) -> Self {
        let mut read = Self::default();
        for entry in Entry::all(args, "step", &KNOWN, mistakes) {
            read.entry(&entry, mistakes);
        }
        read
    }

    fn entry(&mut self, entry: &Entry, mistakes: &mut Mistakes) {
        match entry.key.to_string().as_str() {
            "rollback" => {
                let path = mistakes.take(entry.path());
                // A mistake in the path is one mistake, not also a missing kind.
                let kind = path.map_or(Kind::ReadOnly, Kind::Compensatable);
                self.set_kind(kind, entry, mistakes);
            }
            "pivot" => self.set_flag_kind(Kind::Pivot, entry, mistakes),
            "retriable" => self.set_flag_kind(Kind::Retriable, entry, mistakes),
            "read_only" => self.set_flag_kind(Kind::ReadOnly, entry, mistakes),
            "retry" => self.retry = retry(entry, true, mistakes),
            "undo" => self.undo = undo(entry, mistakes),
            "timeout" => {
                let limit = entry
                    .text()
                    .and_then(|text| Ok((duration(&text)?, text.span())));
                self.timeout = mistakes
                    .take(limit)
                    .map(|(limit, span)| Timeout { limit, span });
            }
            "blocking" => self.blocking = mistakes.take(entry.flag()).is_some(),
            "name" => self.name = mistakes.take(entry.text()).map(|text| text.value()),
            "crate" => self.root = mistakes.take(entry.path()),
            later => mistakes.add(
                entry.span(),
                format!("`{later}` is not available in this release yet"),
            ),
        }
    }

    fn set_flag_kind(&mut self, kind: Kind, entry: &Entry, mistakes: &mut Mistakes) {
        mistakes.take(entry.flag());
        self.set_kind(kind, entry, mistakes);
    }

    fn set_kind(&mut self, kind: Kind, entry: &Entry, mistakes: &mut Mistakes) {
        if self.kind.is_some() {
            mistakes.add(
                entry.span(),
                "a step makes one promise about being undone: `rollback = ..`, `pivot`, \
                 `retriable` or `read_only`",
            );
        }
        self.kind = Some(kind);
    }

    /// The path of the runtime.
    pub(crate) fn runtime(&self) -> TokenStream {
        super::saga::runtime(self.root.as_ref())
    }
}

fn retry(entry: &Entry, predicate: bool, mistakes: &mut Mistakes) -> Option<RetryArgs> {
    let known: &[&str] = if predicate {
        &["max", "forever", "backoff", "on"]
    } else {
        &["max", "forever", "backoff"]
    };
    let list = mistakes.take(entry.list())?;
    let mut read = RetryArgs::default();
    for inner in Entry::all(list, &format!("step({}(..))", entry.key), known, mistakes) {
        match inner.key.to_string().as_str() {
            "max" => read.max = mistakes.take(inner.attempts()),
            "forever" => read.max = mistakes.take(inner.flag()).map(|()| None),
            "on" => read.on = mistakes.take(inner.path()),
            _ => {
                let range = inner.text().and_then(|text| duration_range(&text));
                read.backoff = mistakes.take(range);
            }
        }
    }
    Some(read)
}

fn undo(entry: &Entry, mistakes: &mut Mistakes) -> Option<RetryArgs> {
    let list = mistakes.take(entry.list())?;
    let inner = Entry::all(list, "step(undo(..))", &["retry"], mistakes);
    inner
        .first()
        .and_then(|inner| retry(inner, false, mistakes))
}
