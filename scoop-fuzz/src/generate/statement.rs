//! Statements.

use super::rules::{Generator, Rule};
use super::types::Type;
use super::{joins, lets, loops, number, races};

const RULES: &[Rule] = &[
    (30, "let", |g, d| g.choose(lets::RULES, d + 1)),
    (8, "assignment", assignment),
    (7, "compound assignment", compound),
    (4, "text accumulator", accumulate),
    (10, "push to out", push_out),
    (4, "push", push),
    (3, "push_str", push_str),
    (8, "if", if_statement),
    (5, "if else if", if_else_if),
    (5, "if let", if_let),
    (4, "let chain", let_chain),
    (4, "match number", |g, d| {
        let scrutinee = g.number(d);
        Some(g.match_number(d, &scrutinee, block))
    }),
    (5, "match option", |g, d| {
        let scrutinee = g.option(d);
        Some(g.match_option(d, &scrutinee, block))
    }),
    (3, "match fault", |g, d| {
        let scrutinee = g.awaited("may", |g| g.number(d))?;
        Some(g.match_fault(d, &scrutinee, block))
    }),
    (3, "if let by ref", if_let_ref),
    (20, "loop statement", |g, d| g.choose(loops::RULES, d + 1)),
    (8, "jump", |g, d| g.jump(d)),
    (3, "nested block", |g, d| {
        Some(format!("{{\n{}\n}}", g.scoped(|g| g.statements(d, 2))))
    }),
    (12, "join", |g, d| g.choose(joins::RULES, d + 1)),
    (14, "race", |g, d| g.choose(races::RULES, d + 1)),
    (3, "await statement", |g, d| {
        Some(format!("{};", number::val(g, d)?))
    }),
    (3, "await? statement", |g, d| {
        Some(format!("{};", number::may(g, d)?))
    }),
];

impl Generator {
    /// So many statements, one a line.
    pub(super) fn statements(&mut self, depth: u32, count: usize) -> String {
        let mut lines = Vec::new();
        for _ in 0..count {
            let line = self.choose(RULES, depth).unwrap_or_else(|| {
                let key = self.key();
                format!("pl({key}, {});", self.small_number())
            });
            lines.push(line);
        }
        lines.join("\n")
    }
}

pub(super) fn block(g: &mut Generator, depth: u32) -> String {
    let count = 1 + g.random.below(2);
    g.statements(depth, count)
}

fn assignment(g: &mut Generator, depth: u32) -> Option<String> {
    if g.random.chance(50) {
        let places = g.scope.assignable(Type::Int);
        let place = g.one(&places)?;
        let value = g.held(&place, |g| g.number(depth));
        g.scope.put(&place);
        return Some(format!("{} = {value};", place.text));
    }
    let places = g.scope.assignable(Type::Text);
    let place = g.one(&places)?;
    let value = g.held(&place, |g| g.text(depth));
    g.scope.put(&place);
    Some(format!("{} = {value};", place.text))
}

fn compound(g: &mut Generator, depth: u32) -> Option<String> {
    let places = g.scope.mutable(Type::Int);
    let place = g.one(&places)?;
    let operator = g.random.one(&["+=", "-=", "^="])?;
    let value = g.number(depth);
    Some(format!(
        "{0} %= 100000;\n{0} {operator} ({value}) % 1000;",
        place.text
    ))
}

/// Moves a string into a step and puts what comes back in its place, in loops too.
fn accumulate(g: &mut Generator, _: u32) -> Option<String> {
    let places = g.scope.mutable(Type::Text);
    let place = g.one(&places)?;
    let value = g.awaited("own", |_| place.text.clone())?;
    Some(format!("{} = {value};", place.text))
}

fn push_out(g: &mut Generator, depth: u32) -> Option<String> {
    if g.out_held > 0 {
        return None;
    }
    g.out_held += 1;
    let value = g.number(depth);
    g.out_held -= 1;
    Some(format!("out.push({value});"))
}

fn push(g: &mut Generator, depth: u32) -> Option<String> {
    let places = g.scope.mutable(Type::Ints);
    if let Some(list) = g.one(&places) {
        let value = g.held(&list, |g| g.number(depth));
        return Some(format!("{}.push({value});", list.text));
    }
    let places = g.scope.mutable(Type::Texts);
    let list = g.one(&places)?;
    let value = g.held(&list, |g| g.text(depth));
    Some(format!("{}.push({value});", list.text))
}

fn push_str(g: &mut Generator, depth: u32) -> Option<String> {
    let places = g.scope.mutable(Type::Text);
    let place = g.one(&places)?;
    let value = g.held(&place, |g| g.text(depth));
    Some(format!("{}.push_str(clip(&{value}));", place.text))
}

fn if_statement(g: &mut Generator, depth: u32) -> Option<String> {
    let condition = g.flag(depth);
    let mut fork = g.fork();
    let yes = g.way(&mut fork, |g| block(g, depth));
    let text = if g.random.chance(50) {
        g.skip(&mut fork);
        format!("if {condition} {{\n{yes}\n}}")
    } else {
        let no = g.way(&mut fork, |g| block(g, depth));
        format!("if {condition} {{\n{yes}\n}} else {{\n{no}\n}}")
    };
    g.join(fork);
    Some(text)
}

fn if_else_if(g: &mut Generator, depth: u32) -> Option<String> {
    let first = g.flag(depth);
    let mut fork = g.fork();
    let one = g.way(&mut fork, |g| block(g, depth));
    let rest = g.way(&mut fork, |g| if_statement(g, depth));
    g.join(fork);
    Some(format!("if {first} {{\n{one}\n}} else {}", rest?))
}

fn if_let(g: &mut Generator, depth: u32) -> Option<String> {
    let scrutinee = g.option(depth);
    g.if_let(depth, &format!("let Some(#) = {scrutinee}"), block)
}

fn let_chain(g: &mut Generator, depth: u32) -> Option<String> {
    let scrutinee = g.option(depth);
    g.let_chain(depth, &scrutinee, block)
}

fn if_let_ref(g: &mut Generator, depth: u32) -> Option<String> {
    let places = g.scope.readable(Type::Gift);
    let place = g.one(&places)?;
    let name = g.name();
    let mut fork = g.fork();
    g.skip(&mut fork);
    let yes = g.way(&mut fork, |g| {
        g.scope
            .add(&name, Type::RefText, false, Some(place.variable));
        block(g, depth)
    });
    g.join(fork);
    Some(format!(
        "if let Some({name}) = &{} {{\n{yes}\n}}",
        place.text
    ))
}
