//! `race!` and `timeout`. Exactly one racer can end, all others come to a rest that is longer than any
//! test; and the one that ends begins with a nap in which the others come that far.

use super::racers::{REST, Shape};
use super::rules::{Generator, Rule};
use super::statement::block;
use super::types::Type;

pub(super) const RULES: &[Rule] = &[
    (6, "race!", let_race),
    (3, "match race!", match_race),
    (1, "race! statement", |g, d| {
        let shape = g.shape()?;
        Some(format!("{};", g.race(d, shape)))
    }),
    (5, "timeout", let_timeout),
    (2, "timeout is_err", is_late),
    (2, "sleep", |g, _| {
        g.may_race().then(|| "sleep(nap(0)).await;".to_owned())
    }),
    (2, "await saga", |g, d| {
        g.may_race()
            .then(|| format!("{};", g.ferry(d, "nap(0)") + ".await"))
    }),
];

/// How many losers may be around something: each needs naps longer than all in it.
const MOST_LOSING: u32 = 2;

impl Generator {
    /// What a race gives that may stand here.
    fn shape(&mut self) -> Option<Shape> {
        if !self.may_race() || self.losing >= MOST_LOSING {
            return None;
        }
        let ty = [Type::Int, Type::Int, Type::Text, Type::Ints][self.random.below(4)];
        Some((ty, self.random.chance(50)))
    }

    /// `race!(..)`.
    fn race(&mut self, depth: u32, shape: Shape) -> String {
        let losers = [1, 1, 1, 2][self.random.below(4)];
        let mut frozen = Vec::new();
        let mut texts = Vec::new();
        for _ in 0..losers {
            let loser = self.line(|g| g.loser(depth, shape));
            self.keep(&loser, &mut frozen);
            texts.push(loser);
        }
        let level = longest(&texts) + 1;
        let winner = self.line(|g| g.winner(depth, shape, level));
        for place in frozen {
            self.scope.thaw(&place);
        }
        texts.insert(self.random.below(losers + 1), winner);
        for text in &mut texts {
            *text = text.replace("late(#)", &format!("late({})", level + 1));
        }
        format!("race!(\n{}\n)", texts.join(",\n"))
    }

    /// `timeout(..)` of a block that ends, or rests, or is late.
    fn timeout(&mut self, depth: u32, shape: Shape) -> String {
        let ends = self.random.chance(40);
        let block = self.line(|g| match ends {
            true => g.ending(depth, shape, ""),
            false if g.may_sign() && g.random.chance(40) => g.late(depth, shape),
            false => g.resting(depth, shape),
        });
        let level = longest(std::slice::from_ref(&block)) + 1;
        let limit = match ends {
            true => REST.to_owned(),
            false => format!("nap({level})"),
        };
        let block = block.replace("late(#)", &format!("late({})", level + 1));
        format!("timeout({limit}, {block}).await")
    }

    /// Writes something whose effects have their place only among each other.
    fn line(&mut self, write: impl FnOnce(&mut Self) -> String) -> String {
        let from = self.key + 1;
        let text = write(self);
        if from <= self.key {
            self.lines.push((from, self.key));
        }
        text
    }
}

/// The longest nap in these that ends; as long as a short one where there is none.
fn longest(texts: &[String]) -> u32 {
    let is_in = |level: &u32| {
        texts
            .iter()
            .any(|text| text.contains(&format!("nap({level})")))
    };
    (0..9).rev().find(is_in).unwrap_or(0)
}

fn let_race(g: &mut Generator, depth: u32) -> Option<String> {
    let shape = g.shape()?;
    let text = g.race(depth, shape);
    Some(g.let_given(depth, shape, &text))
}

fn match_race(g: &mut Generator, depth: u32) -> Option<String> {
    g.shape()?;
    let text = g.race(depth, (Type::Int, true));
    Some(g.match_fault(depth, &text, block))
}

fn let_timeout(g: &mut Generator, depth: u32) -> Option<String> {
    let shape = g.shape()?;
    let text = g.timeout(depth, shape);
    let mut fork = g.fork();
    g.skip(&mut fork);
    let late = g.way(&mut fork, |g| {
        let statements = g.statements(depth, 1);
        format!("{statements}\n{}", g.given(depth, shape))
    });
    g.join(fork);
    let text = format!("match {text} {{\nOk(value) => value,\nErr(_) => {{\n{late}\n}}\n}}");
    Some(g.let_given(depth, shape, &text))
}

fn is_late(g: &mut Generator, depth: u32) -> Option<String> {
    let shape = g.shape()?;
    let text = g.timeout(depth, shape);
    let name = g.name();
    g.bind(&name, Type::Bool, false);
    Some(format!("let {name} = {text}.is_err();"))
}

impl Generator {
    /// `let p1 = ..;`, and what is made of it then.
    fn let_given(&mut self, depth: u32, (ty, is_result): Shape, text: &str) -> String {
        let name = self.unique("p");
        let binding = format!("let {name} = {text};");
        if is_result {
            return format!("{binding}\n{}", self.unwrapped(depth, &name, ty));
        }
        self.bind(&name, ty, false);
        binding
    }

    /// A number that is made of a race.
    pub(super) fn race_value(&mut self, depth: u32) -> Option<String> {
        self.scoped(|g| {
            let raced = match g.random.chance(70) {
                true => g.apply("race!", |g| let_race(g, depth))?,
                false => g.apply("timeout", |g| let_timeout(g, depth))?,
            };
            Some(format!("{{\n{raced}\n{}\n}}", g.number(depth)))
        })
    }
}
