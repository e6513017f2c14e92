//! `race!` and `timeout`. Exactly one racer can end, all others come to a rest that is longer than any
//! test; and the one that ends begins with a nap in which the others come that far.

use super::blocks::Returns;
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

/// A nap from which nobody wakes.
const REST: &str = "nap(9)";

/// How many losers may be around something: each needs naps longer than all in it.
const MOST_LOSING: u32 = 2;

/// What an operation gives: a type, and whether in a `Result`.
type Shape = (Type, bool);

impl Generator {
    /// Whether an operation of this file may stand here.
    pub(super) const fn may_race(&self) -> bool {
        self.awaits && self.races
    }

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

    /// What never ends, or ends late and is past its pivot then.
    fn loser(&mut self, depth: u32, shape: Shape) -> String {
        if shape == (Type::Int, false) && self.random.chance(25) {
            return self
                .apply("saga that loses", |g| Some(g.ferry(depth, REST)))
                .unwrap_or_else(|| self.resting(depth, shape));
        }
        if self.may_sign() && self.random.chance(50) {
            let late = self.apply("loser past its pivot", |g| Some(g.late(depth, shape)));
            if let Some(late) = late {
                return late;
            }
        }
        self.resting(depth, shape)
    }

    /// An `async` block that comes to a rest, on all ways.
    fn resting(&mut self, depth: u32, (ty, is_result): Shape) -> String {
        self.losing += 1;
        let body = self.in_block(Returns::Rest(ty, is_result), |g| {
            let count = 1 + g.random.below(3);
            let statements = g.statements(depth, count);
            let value = g.given(depth, (ty, is_result));
            format!("{statements}\nsleep({REST}).await;\n{value}")
        });
        self.losing -= 1;
        format!("{} {{\n{body}\n}}", self.keyword(&body))
    }

    /// An `async` block with a pivot that ends when the race is long decided.
    fn late(&mut self, depth: u32, (ty, is_result): Shape) -> String {
        let body = self.in_block(Returns::Rest(ty, is_result), |g| {
            let (before, after) = (g.random.below(2), g.random.below(3));
            g.losing += 1;
            let before = g.statements(depth, before);
            let (key, value) = (g.key(), g.number(depth));
            g.losing -= 1;
            g.returns = Returns::Sound(ty, is_result);
            let after = g.statements(depth, after);
            let end = g.given(depth, (ty, is_result));
            format!("{before}\nsign({key}, {value}).await;\nsleep(late(#)).await;\n{after}\n{end}")
        });
        format!("{} {{\n{body}\n}}", self.keyword(&body))
    }

    /// What ends after a nap.
    fn winner(&mut self, depth: u32, shape: Shape, level: u32) -> String {
        let nap = format!("nap({level})");
        if shape == (Type::Int, false) && self.random.chance(25) {
            return self.ferry(depth, &nap);
        }
        self.ending(depth, shape, &format!("sleep({nap}).await;\n"))
    }

    /// An `async` block that ends.
    fn ending(&mut self, depth: u32, (ty, is_result): Shape, first: &str) -> String {
        let returns = match is_result {
            true => Returns::Fallible(ty),
            false => Returns::Value(ty),
        };
        let body = self.in_block(returns, |g| {
            let count = g.random.below(4);
            let statements = g.statements(depth, count);
            format!("{first}{statements}\n{}", g.given(depth, (ty, is_result)))
        });
        format!("{} {{\n{body}\n}}", self.keyword(&body))
    }

    /// The call of a saga with two steps and a nap between them.
    fn ferry(&mut self, depth: u32, nap: &str) -> String {
        let (one, other) = (self.key(), self.key());
        format!("ferry({one}, {other}, {}, {nap})", self.number(depth))
    }

    /// The value at the end of a block.
    fn given(&mut self, depth: u32, (ty, is_result): Shape) -> String {
        let value = self.value(ty, depth);
        match is_result {
            true => format!("Ok::<_, Fault>({value})"),
            false => value,
        }
    }

    /// Whether a pivot may stand here: what loses is undone, and its twin does not look for pivots in it.
    pub(super) const fn may_sign(&self) -> bool {
        self.may_race() && self.pivots && self.losing == 0
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
