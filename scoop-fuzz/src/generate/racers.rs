//! What races: an `async` block or a saga that ends, rests, or ends late; and steps that can be undone.

use super::blocks::Returns;
use super::rules::Generator;
use super::types::Type;

/// A nap from which nobody wakes.
pub(super) const REST: &str = "nap(9)";

/// What an operation gives: a type, and whether in a `Result`.
pub(super) type Shape = (Type, bool);

impl Generator {
    /// Whether a race or a nap may stand here.
    pub(super) const fn may_race(&self) -> bool {
        self.awaits && self.races
    }

    /// Whether a pivot may stand here: what loses is undone, and its twin does not look for pivots in it.
    pub(super) const fn may_sign(&self) -> bool {
        self.may_race() && self.pivots && self.losing == 0
    }

    /// What never ends, or ends late and is past its pivot then.
    pub(super) fn loser(&mut self, depth: u32, shape: Shape) -> String {
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
    pub(super) fn resting(&mut self, depth: u32, (ty, is_result): Shape) -> String {
        self.losing += 1;
        let body = self.in_block(Returns::Rest(ty, is_result), |g| {
            let (first, count) = (g.undoable(depth), 1 + g.random.below(2));
            let statements = g.statements(depth, count);
            let last = g.undoable(depth);
            let value = g.given(depth, (ty, is_result));
            format!("{first}\n{statements}\n{last}\nsleep({REST}).await;\n{value}")
        });
        self.losing -= 1;
        format!("{} {{\n{body}\n}}", self.keyword(&body))
    }

    /// An `async` block with a pivot that ends when the race is long decided.
    pub(super) fn late(&mut self, depth: u32, (ty, is_result): Shape) -> String {
        let body = self.in_block(Returns::Rest(ty, is_result), |g| {
            let (before, after) = (g.random.below(2), g.random.below(3));
            g.losing += 1;
            let before = g.undoable(depth) + "\n" + &g.statements(depth, before);
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
    pub(super) fn winner(&mut self, depth: u32, shape: Shape, level: u32) -> String {
        let nap = format!("nap({level})");
        if shape == (Type::Int, false) && self.random.chance(25) {
            return self.ferry(depth, &nap);
        }
        self.ending(depth, shape, &format!("sleep({nap}).await;\n"))
    }

    /// An `async` block that ends.
    pub(super) fn ending(&mut self, depth: u32, (ty, is_result): Shape, first: &str) -> String {
        let returns = match is_result {
            true => Returns::Fallible(ty),
            false => Returns::Value(ty),
        };
        let body = self.in_block(returns, |g| {
            let count = g.random.below(3);
            let statements = g.statements(depth, count);
            let last = g.undoable(depth);
            let value = g.given(depth, (ty, is_result));
            format!("{first}{statements}\n{last}\n{value}")
        });
        format!("{} {{\n{body}\n}}", self.keyword(&body))
    }

    /// A statement, mostly one that leaves something to be undone.
    fn undoable(&mut self, depth: u32) -> String {
        let call = match self.random.below(6) {
            0 => return self.statements(depth, 1),
            1 | 2 => self.ferry(depth, "nap(0)"),
            3 => format!("lay({}, {})", self.key(), self.number(depth)),
            _ => format!("put({}, {})", self.key(), self.number(depth)),
        };
        format!("drop({call}.await);")
    }

    /// The call of a saga with two steps and a nap between them.
    pub(super) fn ferry(&mut self, depth: u32, nap: &str) -> String {
        let (one, other) = (self.key(), self.key());
        format!("ferry({one}, {other}, {}, {nap})", self.number(depth))
    }

    /// The value at the end of a block.
    pub(super) fn given(&mut self, depth: u32, (ty, is_result): Shape) -> String {
        let value = self.value(ty, depth);
        match is_result {
            true => format!("Ok::<_, Fault>({value})"),
            false => value,
        }
    }
}

/// A step that can be undone.
pub(super) fn put(g: &mut Generator, depth: u32) -> Option<String> {
    match g.races {
        true => g.awaited("put", |g| g.number(depth)),
        false => None,
    }
}

/// A step that can be undone, and may fail.
pub(super) fn lay(g: &mut Generator, depth: u32) -> Option<String> {
    if !g.races {
        return None;
    }
    let laid = g.awaited("lay", |g| g.number(depth))?;
    Some(match g.returns.fails() {
        true => format!("{laid}?"),
        false => format!("{laid}.unwrap_or_default()"),
    })
}

/// A pivot.
pub(super) fn sign(g: &mut Generator, depth: u32) -> Option<String> {
    match g.may_sign() {
        true => g.awaited("sign", |g| g.number(depth)),
        false => None,
    }
}
