//! Expressions of type `String`, and borrows of strings.

use super::rules::{Generator, Rule};
use super::scope::Place;
use super::types::Type;

const RULES: &[Rule] = &[
    (10, "await text", |g, d| {
        g.awaited("text", |g| g.text_ref(d).0)
    }),
    (10, "await own", |g, d| g.awaited("own", |g| g.text(d))),
    (8, "move text", move_text),
    (6, "clone text", clone_text),
    (5, "format!", |g, d| Some(g.formatted(d))),
    (4, "concatenate", concatenate),
    (3, "if value", |g, d| g.if_value(d, Generator::text)),
    (3, "block value", |g, d| g.block_value(d, Generator::text)),
    (3, "gift by move", gift),
    (2, "await order field", |g, d| {
        Some(format!("{}.name", g.awaited("order", |g| g.number(d))?))
    }),
    (2, "mem::take", |g, _| {
        let places = g.scope.mutable(Type::Text);
        Some(format!("std::mem::take(&mut {})", g.one(&places)?.text))
    }),
];

impl Generator {
    /// An expression of type `String`.
    pub(super) fn text(&mut self, depth: u32) -> String {
        self.choose(RULES, depth)
            .or_else(|| clone_text(self, 0))
            .unwrap_or_else(|| format!("\"k{}\".to_string()", self.random.below(30)))
    }

    /// An expression that can be passed as `&str`, and the place it borrows from.
    pub(super) fn text_ref(&mut self, depth: u32) -> (String, Option<Place>) {
        let (owned, borrowed) = (
            self.scope.readable(Type::Text),
            self.scope.readable(Type::RefText),
        );
        match self.random.below(5) {
            0 => (format!("&{}", self.text(depth)), None),
            1 | 2 if !borrowed.is_empty() => {
                let place = self.one(&borrowed);
                (
                    place
                        .as_ref()
                        .map_or_else(String::new, |place| place.text.clone()),
                    place,
                )
            }
            3 if owned.is_empty() => (format!("\"k{}\"", self.random.below(30)), None),
            _ => match self.one(&owned) {
                Some(place) => (format!("&{}", place.text), Some(place)),
                None => (format!("&{}", self.text(depth)), None),
            },
        }
    }

    /// A `format!`, which holds borrows of its arguments.
    pub(super) fn formatted(&mut self, depth: u32) -> String {
        self.all_held(|g| {
            let (one, two) = (g.number(depth), g.flag(depth));
            match g.random.below(3) {
                0 => format!("format!(\"{{}}-{{:?}}\", {one}, {two})"),
                1 => format!("format!(\"{{1}}-{{0:?}}-{{}}\", {one}, {two})"),
                _ => {
                    let text = g.text_ref(depth).0;
                    format!("format!(\"{{p}}-{{}}-{{:?}}\", {one}, {two}, p = {text})")
                }
            }
        })
    }
}

fn move_text(g: &mut Generator, _: u32) -> Option<String> {
    let places = g.scope.movable(Type::Text);
    let place = g.one(&places)?;
    g.scope.take(&place);
    if place.path.is_empty() {
        return Some(place.text);
    }
    g.apply("partial move", |_| Some(place.text))
}

fn clone_text(g: &mut Generator, _: u32) -> Option<String> {
    let mut places = g.scope.readable(Type::Text);
    places.extend(g.scope.readable(Type::RefText));
    Some(format!("{}.clone()", g.one(&places)?.text))
}

fn concatenate(g: &mut Generator, depth: u32) -> Option<String> {
    let left = g.text(depth);
    Some(format!("({left} + clip({}))", g.text_ref(depth).0))
}

fn gift(g: &mut Generator, depth: u32) -> Option<String> {
    let places = g.scope.movable(Type::Gift);
    let place = g.one(&places)?;
    g.scope.take(&place);
    if g.random.chance(40) {
        return Some(format!("{}.unwrap_or_default()", place.text));
    }
    Some(format!(
        "(match {} {{ Some(g) => g, None => {} }})",
        place.text,
        {
            let mut fork = g.fork();
            g.skip(&mut fork);
            let text = g.way(&mut fork, |g| g.text(depth));
            g.join(fork);
            text
        }
    ))
}
