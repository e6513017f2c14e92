//! The keys of `#[saga(..)]`.

use proc_macro2::TokenStream;
use syn::{Expr, ExprLit, ExprUnary, Lit, LitStr, Meta, UnOp};

use super::{Crate, Length, keys};
use crate::diagnostics::Mistakes;

const KNOWN: [&str; 10] = [
    "inline",
    "name",
    "crate",
    "deadline",
    "priority",
    "queue",
    "rollback_deadline",
    "rollback",
    "alias",
    "on",
];

/// What `#[saga(..)]` says.
#[derive(Debug, Default)]
pub(crate) struct SagaArguments {
    pub(crate) name: Option<LitStr>,
    /// How long a run may take.
    pub(crate) deadline: Option<Length>,
    /// How long it may take to undo a run.
    pub(crate) rollback_deadline: Option<Length>,
    /// How urgent its runs are.
    pub(crate) priority: Option<i8>,
    /// The queue of its runs.
    pub(crate) queue: Option<LitStr>,
    /// Whether it is a function of the sagas that await it, without runs of its own.
    pub(crate) inline: bool,
    pub(crate) krate: Crate,
}

impl SagaArguments {
    pub(crate) fn parse(tokens: TokenStream, mistakes: &mut Mistakes) -> Self {
        let mut arguments = Self::default();
        let entries = keys::entries(tokens, &KNOWN, mistakes);
        arguments.inline = entries.iter().any(|(key, _)| *key == "inline");
        for (key, entry) in entries {
            match key {
                "inline" => keys::word(&entry, mistakes),
                key if arguments.inline && key != "crate" => mistakes.at(
                    entry.path(),
                    format_args!("{}; leave out `{key}`, or `inline`", no_run(key)),
                ),
                "name" => arguments.name = keys::text(&entry, r#"name = "..""#, mistakes),
                "deadline" => {
                    arguments.deadline = length(&entry, r#"deadline = "2h""#, mistakes);
                }
                "rollback_deadline" => {
                    let example = r#"rollback_deadline = "1d""#;
                    arguments.rollback_deadline = length(&entry, example, mistakes);
                }
                "priority" => arguments.priority = priority(&entry, mistakes),
                "queue" => arguments.queue = queue(&entry, mistakes),
                "crate" => {
                    let path = keys::path(&entry, "crate = path", mistakes);
                    arguments.krate = path.map(Crate::at).unwrap_or_default();
                }
                _ => mistakes.at(
                    entry.path(),
                    format_args!("`{key}` is not available in this release yet"),
                ),
            }
        }
        arguments
    }
}

fn length(entry: &Meta, example: &str, mistakes: &mut Mistakes) -> Option<Length> {
    let text = keys::text(entry, example, mistakes)?;
    Length::parse(&text, mistakes)
}

/// Why a key says nothing of a function of a saga.
fn no_run(key: &str) -> String {
    match key {
        "name" => {
            "an `inline` function is not stored under a name of its own: its awaits are named \
                   after the one it is called in"
                .to_owned()
        }
        _ => format!(
            "an `inline` function has no run of its own: `{key}` stands at the saga that awaits it"
        ),
    }
}

fn priority(entry: &Meta, mistakes: &mut Mistakes) -> Option<i8> {
    let number = match entry {
        Meta::NameValue(pair) => small(&pair.value),
        _ => None,
    };
    if number.is_none() {
        let wanted = "priority = 1` or another number, from `-128` to `127";
        keys::wanted(entry, wanted, mistakes);
    }
    number
}

fn small(value: &Expr) -> Option<i8> {
    let (sign, value) = match value {
        Expr::Unary(ExprUnary {
            op: UnOp::Neg(_),
            expr,
            ..
        }) => ("-", &**expr),
        value => ("", value),
    };
    match value {
        Expr::Lit(ExprLit {
            lit: Lit::Int(number),
            ..
        }) => format!("{sign}{}", number.base10_digits()).parse().ok(),
        _ => None,
    }
}

fn queue(entry: &Meta, mistakes: &mut Mistakes) -> Option<LitStr> {
    let name = keys::text(entry, r#"queue = "mail""#, mistakes)?;
    if name.value().is_empty() {
        mistakes.at(&name, "a queue has a name");
        return None;
    }
    Some(name)
}
