//! `join!` and `try_join!`.

use super::blocks::Branch;
use super::rules::{Generator, Rule};
use super::statement::block;
use super::types::Type;

pub(super) const RULES: &[Rule] = &[
    (6, "join!", |g, d| g.join_all(d)),
    (5, "try_join!", |g, d| g.try_join(d)),
    (3, "match try_join!", match_try_join),
    (2, "let else try_join!", let_else),
    (1, "join! statement", |g, d| {
        Some(format!("{};", g.several("join", d, false)?.0))
    }),
];

impl Generator {
    /// `join!(..)` or `try_join!(..)`, with its branches.
    fn several(&mut self, name: &str, depth: u32, results: bool) -> Option<(String, Vec<Branch>)> {
        if !self.awaits || !self.joins {
            return None;
        }
        let count = [1, 2, 2, 2, 2, 3][self.random.below(6)];
        let branches = self.branches(depth, count, results);
        let texts: Vec<&str> = branches.iter().map(|branch| &*branch.text).collect();
        let text = format!("{name}!(\n{}\n)", texts.join(",\n"));
        Some((text, branches))
    }

    /// Names for the values of these, and the pattern that binds them.
    fn names(&mut self, branches: &[Branch]) -> (Vec<String>, String) {
        let names: Vec<String> = branches.iter().map(|_| self.unique("p")).collect();
        let pattern = match &*names {
            [one] => format!("({one},)"),
            names => format!("({})", names.join(", ")),
        };
        (names, pattern)
    }

    /// `let (p1, p2) = join!(..);`, and what is made of each value then.
    fn join_all(&mut self, depth: u32) -> Option<String> {
        let (text, branches) = self.several("join", depth, false)?;
        let (names, pattern) = self.names(&branches);
        let mut lines = vec![format!("let {pattern} = {text};")];
        for (name, branch) in names.iter().zip(&branches) {
            if branch.is_result {
                lines.push(self.unwrapped(depth, name, branch.ty));
            } else {
                self.bind(name, branch.ty, false);
            }
        }
        Some(lines.join("\n"))
    }

    /// What becomes of a `Result` that has this name.
    pub(super) fn unwrapped(&mut self, depth: u32, name: &str, ty: Type) -> String {
        let before = match self.random.chance(40) {
            true => self.statements(depth, 1),
            false => String::new(),
        };
        let value = match self.random.below(3) {
            0 if self.returns.fails() => format!("{name}?"),
            1 if ty == Type::Int => {
                let value = self.match_fault(depth, name, Self::number);
                format!("({value})")
            }
            _ => format!("{name}.unwrap_or_default()"),
        };
        self.bind(name, ty, false);
        format!("{before}\nlet {name} = {value};")
    }

    /// `let (p1, p2) = try_join!(..)?;`
    fn try_join(&mut self, depth: u32) -> Option<String> {
        if !self.returns.fails() {
            return None;
        }
        let (text, branches) = self.several("try_join", depth, true)?;
        let (names, pattern) = self.names(&branches);
        for (name, branch) in names.iter().zip(&branches) {
            self.bind(name, branch.ty, false);
        }
        let error = match is_definite(&branches) {
            true => String::new(),
            false => format!(".map_err(|_| Fault {{ code: {} }})", self.random.below(90)),
        };
        Some(format!("let {pattern} = {text}{error}?;"))
    }

    /// A number that is made of several.
    pub(super) fn join_value(&mut self, depth: u32) -> Option<String> {
        self.scoped(|g| {
            let joined = match g.random.chance(50) {
                true => g.apply("join!", |g| g.join_all(depth))?,
                false => g.apply("try_join!", |g| g.try_join(depth))?,
            };
            Some(format!("{{\n{joined}\n{}\n}}", g.number(depth)))
        })
    }
}

/// Whether it is the same `Err` whichever branch ends first.
fn is_definite(branches: &[Branch]) -> bool {
    branches.iter().filter(|branch| branch.can_fail).count() < 2
}

fn match_try_join(g: &mut Generator, depth: u32) -> Option<String> {
    let (text, branches) = g.several("try_join", depth, true)?;
    let (names, pattern) = g.names(&branches);
    let mut fork = g.fork();
    let fine = g.way(&mut fork, |g| {
        for (name, branch) in names.iter().zip(&branches) {
            g.bind(name, branch.ty, false);
        }
        block(g, depth)
    });
    let fault = g.name();
    let is_definite = is_definite(&branches);
    let wrong = g.way(&mut fork, |g| {
        if is_definite {
            g.bind(&fault, Type::Fault, false);
        }
        block(g, depth)
    });
    g.join(fork);
    let fault = if is_definite { &*fault } else { "_" };
    Some(format!(
        "match {text} {{\nOk({pattern}) => {{\n{fine}\n}}\nErr({fault}) => {{\n{wrong}\n}}\n}}"
    ))
}

fn let_else(g: &mut Generator, depth: u32) -> Option<String> {
    let (text, branches) = g.several("try_join", depth, true)?;
    let mut fork = g.fork();
    g.skip(&mut fork);
    let otherwise = g.way(&mut fork, |g| g.leave(depth));
    g.join(fork);
    let (names, pattern) = g.names(&branches);
    for (name, branch) in names.iter().zip(&branches) {
        g.bind(name, branch.ty, false);
    }
    Some(format!(
        "let Ok({pattern}) = {text} else {{\n{otherwise}\n}};"
    ))
}
