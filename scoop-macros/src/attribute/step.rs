//! The keys of `#[step(..)]`.

use proc_macro2::{Span, TokenStream};
use syn::spanned::Spanned;
use syn::{LitStr, Meta, Path};

use super::{Crate, Length, Retry, keys};
use crate::diagnostics::Mistakes;

const KNOWN: [&str; 11] = [
    "rollback",
    "pivot",
    "retriable",
    "read_only",
    "retry",
    "timeout",
    "undo",
    "blocking",
    "name",
    "crate",
    "cancellable",
];

/// What kind of promise a step makes about being undone.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Rollback(Path),
    Pivot,
    Retriable,
    ReadOnly,
}

/// What `#[step(..)]` says.
#[derive(Debug, Default)]
pub(crate) struct StepArguments {
    pub(crate) kind: Option<Kind>,
    pub(crate) retry: Option<Retry>,
    pub(crate) timeout: Option<Length>,
    pub(crate) undo: Option<Retry>,
    pub(crate) blocking: Option<Span>,
    /// Whether it may be dropped at its awaits.
    pub(crate) cancellable: bool,
    pub(crate) name: Option<LitStr>,
    pub(crate) krate: Crate,
}

impl StepArguments {
    pub(crate) fn parse(tokens: TokenStream, mistakes: &mut Mistakes) -> Self {
        let mut arguments = Self::default();
        let mut kinds = Vec::new();
        let (mut undo, mut cancellable) = (None, None);
        for (key, entry) in keys::entries(tokens, &KNOWN, mistakes) {
            match key {
                "rollback" | "pivot" | "retriable" | "read_only" => {
                    let kind = Kind::parse(key, &entry, mistakes);
                    kinds.push((key, entry, kind));
                }
                "retry" => arguments.retry = Retry::parse(&entry, mistakes),
                "timeout" => {
                    arguments.timeout = keys::text(&entry, r#"timeout = "10s""#, mistakes)
                        .and_then(|text| Length::parse(&text, mistakes));
                }
                "undo" => {
                    arguments.undo = parse_undo(&entry, mistakes);
                    undo = Some(entry);
                }
                "blocking" => {
                    keys::word(&entry, mistakes);
                    arguments.blocking = Some(entry.span());
                }
                "name" => arguments.name = keys::text(&entry, r#"name = "..""#, mistakes),
                "crate" => {
                    let path = keys::path(&entry, "crate = path", mistakes);
                    arguments.krate = path.map(Crate::at).unwrap_or_default();
                }
                _ => {
                    keys::word(&entry, mistakes);
                    arguments.cancellable = true;
                    cancellable = Some(entry);
                }
            }
        }
        arguments.choose(kinds, undo.as_ref(), mistakes);
        if let Some(entry) = cancellable {
            arguments.check_cancellable(&entry, mistakes);
        }
        arguments
    }

    fn choose(
        &mut self,
        kinds: Vec<(&'static str, Meta, Kind)>,
        undo: Option<&Meta>,
        mistakes: &mut Mistakes,
    ) {
        if let [(first, ..), others @ ..] = kinds.as_slice() {
            for (other, entry, _) in others {
                mistakes.at(
                    entry.path(),
                    format_args!("a step is of one kind: `{first}` or `{other}`, not both"),
                );
            }
        }
        if let Some(entry) = undo
            && !kinds.iter().any(|(key, ..)| *key == "rollback")
        {
            mistakes.at(
                entry.path(),
                "`undo` says how a `rollback` is retried, and there is none",
            );
        }
        self.kind = kinds.into_iter().next().map(|(_, _, kind)| kind);
    }

    /// Whether it may be dropped says its kind; and no thread can be.
    fn check_cancellable(&self, entry: &Meta, mistakes: &mut Mistakes) {
        if self.blocking.is_some() {
            mistakes.at(
                entry.path(),
                "a `blocking` step cannot be dropped: its thread runs on; leave out `cancellable`, or \
                 write an `async fn`",
            );
        }
        let why = match self.kind {
            Some(Kind::Pivot) => {
                "a `pivot` cannot be dropped: nobody would know whether there is a way back; leave out \
                 `cancellable`"
            }
            Some(Kind::Retriable) => {
                "a `retriable` step cannot be dropped: nothing would undo what it did by then; give it \
                 a `rollback`, or leave out `cancellable`"
            }
            _ => return,
        };
        mistakes.at(entry.path(), why);
    }
}

impl Kind {
    fn parse(key: &str, entry: &Meta, mistakes: &mut Mistakes) -> Self {
        let kind = match key {
            "rollback" => {
                let path = keys::path(entry, "rollback = name_of_an_async_fn", mistakes);
                // Whatever it is: the step has said something about being undone.
                return path.map_or(Self::ReadOnly, Self::Rollback);
            }
            "pivot" => Self::Pivot,
            "retriable" => Self::Retriable,
            _ => Self::ReadOnly,
        };
        keys::word(entry, mistakes);
        kind
    }
}

fn parse_undo(entry: &Meta, mistakes: &mut Mistakes) -> Option<Retry> {
    let tokens = keys::list(entry, "undo(retry(max = 5))", mistakes)?;
    let found = keys::entries(tokens, &["retry"], mistakes);
    let (_, inner) = found.first()?;
    let retry = Retry::parse(inner, mistakes)?;
    if let Some(on) = &retry.on {
        mistakes.at(
            on,
            "a rollback is retried whatever its error; `on` is for the step",
        );
    }
    Some(retry)
}
