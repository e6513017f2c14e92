//! Blocks and `if`s, as values and as statements: what is common to all types.

use super::rules::Generator;
use super::types::Type;

/// Writes an expression of one type.
pub(super) type Value = fn(&mut Generator, u32) -> String;

impl Generator {
    /// `if` with a value in each branch.
    pub(super) fn if_value(&mut self, depth: u32, value: Value) -> Option<String> {
        let condition = self.flag(depth);
        let mut fork = self.fork();
        let yes = self.way(&mut fork, |g| value(g, depth));
        let no = self.way(&mut fork, |g| value(g, depth));
        self.join(fork);
        Some(format!("(if {condition} {{ {yes} }} else {{ {no} }})"))
    }

    /// `if let` over a pattern in which `#` stands for the name.
    pub(super) fn if_let(&mut self, depth: u32, pattern: &str, value: Value) -> Option<String> {
        let name = self.name();
        let mut fork = self.fork();
        let yes = self.way(&mut fork, |g| {
            g.bind(&name, Type::Int, false);
            value(g, depth)
        });
        let no = self.way(&mut fork, |g| value(g, depth));
        self.join(fork);
        let pattern = pattern.replacen('#', &name, 1);
        Some(format!("if {pattern} {{\n{yes}\n}} else {{\n{no}\n}}"))
    }

    /// `if let … && … && …` over an option.
    pub(super) fn let_chain(&mut self, depth: u32, option: &str, value: Value) -> Option<String> {
        let (name, limit) = (self.name(), self.random.below(40));
        let mut fork = self.fork();
        let mut rest = String::new();
        // The conditions may move something and then be false: both branches begin after them.
        let yes = self.way(&mut fork, |g| {
            g.bind(&name, Type::Int, false);
            rest = g.all_held(|g| g.flag(depth));
            value(g, depth)
        });
        let no = self.way(&mut fork, |g| value(g, depth));
        self.join(fork);
        Some(format!(
            "if let Some({name}) = {option} && {name} > {limit} && {rest} {{\n{yes}\n}} else {{\n{no}\n}}"
        ))
    }

    /// A block with statements and a value.
    pub(super) fn block_value(&mut self, depth: u32, value: Value) -> Option<String> {
        let text = self.scoped(|g| {
            let count = 1 + g.random.below(2);
            let statements = g.statements(depth, count);
            format!("{statements}\n{}", value(g, depth))
        });
        Some(format!("{{\n{text}\n}}"))
    }
}
