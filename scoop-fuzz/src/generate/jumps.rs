//! Labels, `break`, `continue`, `return`, and the blocks and loops that have a value.

use super::rules::Generator;

/// Something that can be left.
#[derive(Clone, Debug)]
pub(super) struct Jump {
    pub(super) label: Option<String>,
    pub(super) is_loop: bool,
    pub(super) has_value: bool,
}

impl Generator {
    /// A label; labels are few, so that they are used again.
    pub(super) fn label(&mut self) -> String {
        self.unique("'l")
    }

    /// Writes the body of something that can be left.
    pub(super) fn inside<T>(&mut self, jump: Jump, write: impl FnOnce(&mut Self) -> T) -> T {
        self.jumps.push(jump);
        let text = write(self);
        self.jumps.pop();
        text
    }

    /// Writes the body of a loop: what is outside it cannot be moved there.
    pub(super) fn turn(&mut self, jump: Jump, write: impl FnOnce(&mut Self) -> String) -> String {
        let mark = self.scope.mark();
        self.again(mark, |g| g.inside(jump, write))
    }

    /// Writes what runs any number of times.
    pub(super) fn again(&mut self, mark: usize, write: impl FnOnce(&mut Self) -> String) -> String {
        let floor = std::mem::replace(&mut self.scope.move_floor, mark);
        let mut fork = self.fork();
        self.skip(&mut fork);
        let text = self.way(&mut fork, write);
        self.join(fork);
        self.scope.move_floor = floor;
        text
    }

    /// Writes where only `return` may leave (the head of a loop).
    pub(super) fn without_jumps<T>(&mut self, write: impl FnOnce(&mut Self) -> T) -> T {
        let jumps = std::mem::take(&mut self.jumps);
        let text = write(self);
        self.jumps = jumps;
        text
    }

    /// `'l: { …; if c { break 'l v; } v }`
    pub(super) fn labelled_block(&mut self, depth: u32) -> Option<String> {
        let label = self.label();
        let jump = Jump {
            label: Some(label.clone()),
            is_loop: false,
            has_value: true,
        };
        let text = self.scoped(|g| {
            g.inside(jump, |g| {
                let count = 1 + g.random.below(2);
                let statements = g.statements(depth, count);
                let condition = g.flag(depth);
                let mut fork = g.fork();
                g.skip(&mut fork);
                let early = g.way(&mut fork, |g| g.number(depth));
                g.join(fork);
                format!(
                    "{statements}\nif {condition} {{ break {label} {early}; }}\n({})",
                    g.number(depth)
                )
            })
        });
        Some(format!("{label}: {{\n{text}\n}}"))
    }

    /// `'l: loop { …; if c { break 'l v } }`, which ends after three turns.
    pub(super) fn loop_value(&mut self, depth: u32) -> Option<String> {
        let (label, count) = (self.label(), self.unique("w"));
        let jump = Jump {
            label: Some(label.clone()),
            is_loop: true,
            has_value: true,
        };
        let body = self.turn(jump, |g| {
            let statements = g.statements(depth, 1);
            format!(
                "{statements}\nif {count} > 2 {{ break {label} {} }}",
                g.number(depth)
            )
        });
        Some(format!(
            "{{\nlet mut {count}: i64 = 0;\n{label}: loop {{\n{count} += 1;\n{body}\n}}\n}}"
        ))
    }

    /// `break`, `continue` or `return`, under a condition.
    pub(super) fn jump(&mut self, depth: u32) -> Option<String> {
        let condition = self.flag(depth.min(1));
        let mut fork = self.fork();
        self.skip(&mut fork);
        let text = self.way(&mut fork, |g| {
            let before = g.statements(depth.min(1), 1);
            format!("{before}\n{}", g.leave(depth))
        });
        self.join(fork);
        Some(format!("if {condition} {{\n{text}\n}}"))
    }

    /// A statement that leaves, with `ended` set where nothing of this function runs after it.
    pub(super) fn leave(&mut self, depth: u32) -> String {
        let jumps = self.jumps.clone();
        // Without a label one can leave a loop only, and not through a labelled block.
        let innermost = jumps.len().checked_sub(1).filter(|at| jumps[*at].is_loop);
        let target = self.random.below(jumps.len() + 1);
        let Some(jump) = jumps.get(target) else {
            return self.return_early();
        };
        let bare = Some(target) == innermost && self.random.chance(40);
        let label = match (&jump.label, bare) {
            (Some(label), false) => format!(" {label}"),
            (None, _) if Some(target) != innermost => return self.return_early(),
            _ => String::new(),
        };
        if jump.is_loop && !jump.has_value && self.random.chance(50) {
            let name = if label.is_empty() {
                "continue"
            } else {
                "continue label"
            };
            if let Some(text) = self.apply(name, |_| Some(format!("continue{label};"))) {
                return text;
            }
        }
        let name = match (label.is_empty(), jump.has_value) {
            (_, true) => "break value",
            (true, false) => "break",
            (false, false) => "break label",
        };
        let value = jump.has_value;
        let text = self.apply(name, |g| {
            let value = if value {
                format!(" ({})", g.number(depth.min(1)))
            } else {
                String::new()
            };
            Some(format!("break{label}{value};"))
        });
        text.unwrap_or_else(|| self.return_early())
    }

    /// `return`.
    pub(super) fn return_early(&mut self) -> String {
        if let Some(text) = self.leave_block() {
            self.ended = true;
            return text;
        }
        let text = self.apply("return", |g| {
            Some(if !g.returns.fails() || g.random.chance(70) {
                "return Ok(out);".to_owned()
            } else {
                format!("return Err(Fault {{ code: {} }});", g.small_number())
            })
        });
        self.ended = true;
        text.unwrap_or_else(|| "return Ok(out);".to_owned())
    }
}
