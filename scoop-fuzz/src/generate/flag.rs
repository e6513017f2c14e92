//! Expressions of type `bool`.

use super::rules::{Generator, Rule};
use super::types::Type;

const RULES: &[Rule] = &[
    (12, "comparison", comparison),
    (6, "and", |g, d| g.lazy(d, "&&")),
    (6, "or", |g, d| g.lazy(d, "||")),
    (3, "not", |g, d| Some(format!("!({})", g.flag(d)))),
    (3, "text comparison", text_comparison),
    (2, "matches!", matches_macro),
    (2, "is_some", |g, d| {
        Some(format!("{}.is_some()", g.option(d)))
    }),
    (2, "contains", contains),
];

impl Generator {
    /// An expression of type `bool`.
    pub(super) fn flag(&mut self, depth: u32) -> String {
        self.choose(RULES, depth).unwrap_or_else(|| {
            let places = self.scope.readable(Type::Bool);
            match self.one(&places) {
                Some(place) if self.random.chance(40) => place.text,
                _ => format!("({}) % 2 == {}", self.small_number(), self.random.below(2)),
            }
        })
    }

    fn lazy(&mut self, depth: u32, operator: &str) -> Option<String> {
        let left = self.flag(depth);
        let mut fork = self.fork();
        self.skip(&mut fork);
        let right = self.way(&mut fork, |g| g.flag(depth));
        self.join(fork);
        Some(format!("(({left}) {operator} ({right}))"))
    }
}

fn comparison(g: &mut Generator, depth: u32) -> Option<String> {
    let operator = g.random.one(&["<", ">=", "==", "!="])?;
    let (left, right) = (g.number(depth), g.number(depth));
    Some(format!("(({left}) % 5 {operator} ({right}) % 5)"))
}

fn text_comparison(g: &mut Generator, depth: u32) -> Option<String> {
    let places = g.scope.readable(Type::Text);
    let left = g.one(&places)?;
    let right = g.held(&left, |g| g.text(depth));
    Some(format!("({} == {right})", left.text))
}

fn matches_macro(g: &mut Generator, depth: u32) -> Option<String> {
    let option = g.still(|g| g.option(depth));
    Some(format!(
        "matches!({option}, Some(q) if q > {})",
        g.random.below(50)
    ))
}

fn contains(g: &mut Generator, depth: u32) -> Option<String> {
    let list = g.scope.readable(Type::Ints);
    match g.one(&list) {
        Some(list) => {
            let item = g.held(&list, |g| g.number(depth));
            Some(format!("{}.contains(&({item}))", list.text))
        }
        None => Some(format!("(1..9i64).contains(&({}))", g.number(depth))),
    }
}
