//! The branches of a `join!`: calls of steps, and `async` blocks, which also race.

use super::rules::Generator;
use super::scope::Place;
use super::types::Type;

/// What `return` leaves, and whether `?` may stand there.
#[derive(Clone, Copy, Debug)]
pub(super) enum Returns {
    /// The whole program.
    Program,
    /// The whole program, which has to end well.
    SoundProgram,
    /// An `async` block that gives a value of this type.
    Value(Type),
    /// An `async` block that gives a `Result` of this type.
    Fallible(Type),
    /// An `async` block that gives this type, in a `Result` or not, and never an `Err`.
    Sound(Type, bool),
    /// The same, of one that has to rest before it may end.
    Rest(Type, bool),
}

/// A branch.
pub(super) struct Branch {
    pub(super) text: String,
    /// Of its value.
    pub(super) ty: Type,
    /// Whether its value is a `Result`.
    pub(super) is_result: bool,
    /// Whether it can be an `Err`.
    pub(super) can_fail: bool,
}

impl Returns {
    /// Whether `?` may stand here.
    pub(super) const fn fails(self) -> bool {
        matches!(self, Self::Program | Self::Fallible(_))
    }
}

impl Generator {
    /// So many branches, none of which takes from another what it needs.
    pub(super) fn branches(&mut self, depth: u32, count: usize, results: bool) -> Vec<Branch> {
        let mut frozen = Vec::new();
        let mut branches = Vec::new();
        for _ in 0..count {
            let branch = match self.random.chance(65) {
                true => self.block_branch(depth, results),
                false => None,
            };
            let branch = branch.unwrap_or_else(|| self.call_branch(depth, results));
            self.keep(&branch.text, &mut frozen);
            branches.push(branch);
        }
        for place in frozen {
            self.scope.thaw(&place);
        }
        branches
    }

    /// Keeps what this text names from being changed or moved by those beside it.
    pub(super) fn keep(&mut self, text: &str, frozen: &mut Vec<Place>) {
        for place in self.scope.named(text) {
            self.scope.freeze(&place);
            frozen.push(place);
        }
    }

    /// A step.
    fn call_branch(&mut self, depth: u32, results: bool) -> Branch {
        let (key, number) = (self.key(), self.key);
        self.lines.push((number, number));
        let (step, ty, argument) = match self.random.below(4) {
            _ if !results && self.races && self.random.chance(40) => {
                ("put", Type::Int, self.number(depth))
            }
            _ if self.races && self.random.chance(40) => ("lay", Type::Int, self.number(depth)),
            _ if results => ("may", Type::Int, self.number(depth)),
            0 => ("may", Type::Int, self.number(depth)),
            1 => ("text", Type::Text, self.text_ref(depth).0),
            2 => ("maybe", Type::Maybe, self.number(depth)),
            _ => ("val", Type::Int, self.number(depth)),
        };
        Branch {
            text: format!("{step}({key}, {argument})"),
            ty,
            is_result: step == "may" || step == "lay",
            can_fail: step == "may" || step == "lay",
        }
    }

    /// An `async` block.
    fn block_branch(&mut self, depth: u32, results: bool) -> Option<Branch> {
        let is_result = results || self.random.chance(60);
        let ty = [Type::Int, Type::Int, Type::Text, Type::Ints][self.random.below(4)];
        let returns = match is_result {
            true => Returns::Fallible(ty),
            false => Returns::Value(ty),
        };
        let from = self.key + 1;
        let body = self.apply("async block", |g| {
            Some(g.in_block(returns, |g| {
                let count = 1 + g.random.below(3);
                let statements = g.statements(depth, count);
                let value = g.value(ty, depth);
                match is_result {
                    true => format!("{statements}\nOk::<_, Fault>({value})"),
                    false => format!("{statements}\n{value}"),
                }
            }))
        })?;
        if from <= self.key {
            self.lines.push((from, self.key));
        }
        let keyword = self.keyword(&body);
        Some(Branch {
            ty,
            is_result,
            can_fail: body.contains('?') || body.contains("return Err"),
            text: format!("{keyword} {{\n{body}\n}}"),
        })
    }

    /// Writes the body of an `async` block: what is around it can be read there, and moved, not changed.
    pub(super) fn in_block(
        &mut self,
        returns: Returns,
        write: impl FnOnce(&mut Self) -> String,
    ) -> String {
        let returns = std::mem::replace(&mut self.returns, returns);
        let jumps = std::mem::take(&mut self.jumps);
        let ended = std::mem::replace(&mut self.ended, false);
        let outside = self.scope.enter_block();
        self.out_held += 1;
        let body = self.scoped(write);
        self.out_held -= 1;
        self.scope.leave_block(outside);
        self.ended = ended;
        self.jumps = jumps;
        self.returns = returns;
        body
    }

    /// `async`, or `async move` where that takes nothing that is needed.
    pub(super) fn keyword(&mut self, body: &str) -> &'static str {
        let named = self.scope.named(body);
        let moves = named.iter().map(|place| self.scope.moves(place));
        let may_move = moves.clone().all(|(moves, may)| !moves || may);
        let taken = moves.map(|(moves, _)| moves).collect::<Vec<_>>();
        if !may_move || self.random.chance(60) {
            return "async";
        }
        let text = self.apply("async move block", |_| Some(String::new()));
        if text.is_none() {
            return "async";
        }
        for (place, _) in named.iter().zip(taken).filter(|(_, taken)| *taken) {
            self.scope.take(place);
        }
        "async move"
    }

    /// `return` from an `async` block.
    pub(super) fn leave_block(&mut self) -> Option<String> {
        let (ty, is_result) = match self.returns {
            Returns::Program | Returns::SoundProgram => return None,
            Returns::Value(ty) => (ty, false),
            Returns::Fallible(ty) => (ty, true),
            Returns::Sound(ty, is_result) | Returns::Rest(ty, is_result) => (ty, is_result),
        };
        let first = match self.returns {
            Returns::Rest(..) => "sleep(nap(9)).await;\n",
            _ => "",
        };
        let fails = self.returns.fails();
        self.apply("return from a block", |g| {
            if fails && g.random.chance(30) {
                return Some(format!(
                    "return Err(Fault {{ code: {} }});",
                    g.small_number()
                ));
            }
            let value = g.value(ty, 1);
            Some(match is_result {
                true => format!("{first}return Ok({value});"),
                false => format!("{first}return {value};"),
            })
        })
    }

    /// An expression of one of the types that a block gives.
    pub(super) fn value(&mut self, ty: Type, depth: u32) -> String {
        match ty {
            Type::Text => self.text(depth),
            Type::Ints => self.numbers(depth),
            _ => self.number(depth),
        }
    }
}
