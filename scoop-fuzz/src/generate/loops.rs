//! Loops as statements. Each ends after a few turns.

use super::jumps::Jump;
use super::rules::{Generator, Rule};
use super::scope::Place;
use super::types::Type;

pub(super) const RULES: &[Rule] = &[
    (6, "for over range", for_range),
    (5, "for over owned list", for_owned),
    (4, "for over texts", for_texts),
    (5, "for over borrow", for_borrow),
    (5, "for over items", for_items),
    (3, "for enumerate", for_enumerate),
    (3, "for adapted", for_adapted),
    (5, "while", while_loop),
    (3, "while let", while_let),
    (3, "while let pop", while_let_pop),
    (4, "loop", bare_loop),
];

impl Generator {
    fn plain_jump(&mut self) -> (Jump, String) {
        let label = self.random.chance(60).then(|| self.label());
        let prefix = label
            .as_ref()
            .map_or_else(String::new, |label| format!("{label}: "));
        (
            Jump {
                label,
                is_loop: true,
                has_value: false,
            },
            prefix,
        )
    }

    fn for_loop(
        &mut self,
        depth: u32,
        head: &str,
        bindings: &[(&str, Type, Option<usize>)],
    ) -> String {
        let (jump, prefix) = self.plain_jump();
        let body = self.turn(jump, |g| {
            for (name, ty, of) in bindings {
                g.scope.add(name, *ty, false, *of);
            }
            let count = 1 + g.random.below(3);
            g.statements(depth, count)
        });
        format!("{prefix}for {head} {{\n{body}\n}}")
    }

    fn borrowable(&mut self, ty: Type) -> Option<Place> {
        let places = self.scope.readable(ty);
        self.one(&places)
    }
}

fn for_range(g: &mut Generator, depth: u32) -> Option<String> {
    let name = g.name();
    let head = match g.random.below(3) {
        0 => format!("{name} in 0..3i64"),
        1 => format!("{name} in 1..=2i64"),
        _ => format!("{name} in 0..({}).rem_euclid(4)", g.number(depth)),
    };
    Some(g.for_loop(depth, &head, &[(&name, Type::Int, None)]))
}

fn for_owned(g: &mut Generator, depth: u32) -> Option<String> {
    let (name, list) = (g.name(), g.numbers(depth));
    let head = format!("{name} in short({list})");
    Some(g.for_loop(depth, &head, &[(&name, Type::Int, None)]))
}

fn for_texts(g: &mut Generator, depth: u32) -> Option<String> {
    let (name, list) = (g.name(), g.texts(depth));
    Some(g.for_loop(
        depth,
        &format!("{name} in {list}"),
        &[(&name, Type::Text, None)],
    ))
}

fn for_borrow(g: &mut Generator, depth: u32) -> Option<String> {
    let name = g.name();
    if g.random.chance(50) {
        let list = g.borrowable(Type::Texts)?;
        let tail = if g.random.chance(50) { ".iter()" } else { "" };
        let and = if tail.is_empty() { "&" } else { "" };
        let head = format!("{name} in {and}{}{tail}", list.text);
        return Some(g.for_loop(depth, &head, &[(&name, Type::RefText, Some(list.variable))]));
    }
    let list = g.borrowable(Type::Ints)?;
    let head = format!("{name} in &{}", list.text);
    Some(g.for_loop(depth, &head, &[(&name, Type::RefInt, Some(list.variable))]))
}

fn for_items(g: &mut Generator, depth: u32) -> Option<String> {
    let (name, list) = (g.name(), g.borrowable(Type::Items)?);
    let head = format!("{name} in &{}", list.text);
    Some(g.for_loop(depth, &head, &[(&name, Type::RefItem, Some(list.variable))]))
}

fn for_enumerate(g: &mut Generator, depth: u32) -> Option<String> {
    let (at, name, list) = (g.unique("i"), g.name(), g.borrowable(Type::Items)?);
    let head = format!("({at}, {name}) in {}.iter().enumerate()", list.text);
    let of = Some(list.variable);
    Some(g.for_loop(
        depth,
        &head,
        &[(&at, Type::Usize, None), (&name, Type::RefItem, of)],
    ))
}

fn for_adapted(g: &mut Generator, depth: u32) -> Option<String> {
    let (one, two) = (g.name(), g.unique("j"));
    Some(match g.random.below(3) {
        0 => g.for_loop(
            depth,
            &format!("{one} in (1..4i64).rev()"),
            &[(&one, Type::Int, None)],
        ),
        1 => {
            let list = g.numbers(depth);
            let head = format!("({two}, {one}) in short({list}).into_iter().enumerate()");
            g.for_loop(
                depth,
                &head,
                &[(&two, Type::Usize, None), (&one, Type::Int, None)],
            )
        }
        _ => {
            let list = g.numbers(depth);
            let head = format!("({two}, {one}) in short({list}).into_iter().zip(5..9i64)");
            g.for_loop(
                depth,
                &head,
                &[(&two, Type::Int, None), (&one, Type::Int, None)],
            )
        }
    })
}

fn while_loop(g: &mut Generator, depth: u32) -> Option<String> {
    let (count, (jump, prefix)) = (g.unique("w"), g.plain_jump());
    let mark = g.scope.mark();
    let condition = g.again(mark, |g| g.without_jumps(|g| g.flag(depth)));
    let body = g.turn(jump, |g| {
        let statements = 1 + g.random.below(3);
        g.statements(depth, statements)
    });
    Some(format!(
        "let mut {count}: i64 = 0;\n{prefix}while {count} < 3 && {condition} {{\n{count} += 1;\n{body}\n}}"
    ))
}

fn while_let(g: &mut Generator, depth: u32) -> Option<String> {
    let (count, name, (jump, prefix)) = (g.unique("w"), g.name(), g.plain_jump());
    let mark = g.scope.mark();
    let option = g.again(mark, |g| g.without_jumps(|g| g.option(depth)));
    let body = g.turn(jump, |g| {
        g.bind(&name, Type::Int, false);
        g.statements(depth, 2)
    });
    Some(format!(
        "let mut {count}: i64 = 0;\n{prefix}while let Some({name}) = {option} && {count} < 3 {{\n{count} += 1;\n{body}\n}}"
    ))
}

fn while_let_pop(g: &mut Generator, depth: u32) -> Option<String> {
    let (list, name, (jump, prefix)) = (g.unique("stack"), g.name(), g.plain_jump());
    let items = g.numbers(depth);
    let body = g.turn(jump, |g| {
        g.bind(&name, Type::Int, false);
        g.statements(depth, 2)
    });
    Some(format!(
        "let mut {list} = short({items});\n{prefix}while let Some({name}) = {list}.pop() {{\n{body}\n}}"
    ))
}

fn bare_loop(g: &mut Generator, depth: u32) -> Option<String> {
    let (count, (jump, prefix)) = (g.unique("w"), g.plain_jump());
    let body = g.turn(jump, |g| {
        let statements = 1 + g.random.below(2);
        g.statements(depth, statements)
    });
    Some(format!(
        "let mut {count}: i64 = 0;\n{prefix}loop {{\n{count} += 1;\nif {count} > 2 {{ break; }}\n{body}\n}}"
    ))
}
