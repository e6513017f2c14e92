//! `let`, with all kinds of patterns.

use super::rules::{Generator, Rule};
use super::types::Type;

pub(super) const RULES: &[Rule] = &[
    (12, "let number", |g, d| {
        let value = g.number(d);
        Some(g.let_one(Type::Int, &value))
    }),
    (3, "let bool", |g, d| {
        let value = g.flag(d);
        Some(g.let_one(Type::Bool, &value))
    }),
    (8, "let text", |g, d| {
        let value = g.text(d);
        Some(g.let_one(Type::Text, &value))
    }),
    (4, "let numbers", |g, d| {
        let value = g.numbers(d);
        Some(g.let_one(Type::Ints, &value))
    }),
    (3, "let texts", |g, d| {
        let value = g.texts(d);
        Some(g.let_one(Type::Texts, &value))
    }),
    (3, "let option", |g, d| {
        let value = g.option(d);
        Some(g.let_one(Type::Maybe, &value))
    }),
    (5, "let order", |g, d| {
        let value = g.order(d);
        Some(g.let_one(Type::Order, &value))
    }),
    (2, "let point", |g, d| {
        let value = g.point(d);
        Some(g.let_one(Type::Point, &value))
    }),
    (5, "let tuple pattern", tuple),
    (3, "let nested pattern", nested),
    (4, "let struct pattern", structure),
    (4, "let partial move pattern", partial),
    (3, "let ref pattern", by_ref),
    (6, "let borrow", borrow),
    (6, "let else", let_else),
    (5, "deferred let", deferred),
    (3, "inferred let", inferred),
    (2, "let underscore", |g, d| {
        Some(format!("let _ = {};", g.number(d)))
    }),
];

impl Generator {
    fn let_one(&mut self, ty: Type, value: &str) -> String {
        let (name, mutable) = (self.name(), self.random.chance(50));
        self.bind(&name, ty, mutable);
        let keyword = if mutable { "let mut" } else { "let" };
        if self.random.chance(50) {
            return format!("{keyword} {name}: {} = {value};", ty.name());
        }
        format!("{keyword} {name} = {value};")
    }

    fn two_names(&mut self) -> (String, String) {
        let first = self.name();
        loop {
            let second = self.name();
            if second != first {
                return (first, second);
            }
        }
    }
}

fn tuple(g: &mut Generator, depth: u32) -> Option<String> {
    let (number, text) = (g.number(depth), g.text(depth));
    let (one, two) = g.two_names();
    g.bind(&one, Type::Int, false);
    g.bind(&two, Type::Text, true);
    Some(format!("let ({one}, mut {two}) = ({number}, {text});"))
}

fn nested(g: &mut Generator, depth: u32) -> Option<String> {
    let (number, text, last) = (g.number(depth), g.text(depth), g.point(depth));
    let (one, two) = g.two_names();
    g.bind(&one, Type::Text, false);
    g.bind(&two, Type::Int, true);
    Some(format!(
        "let ((_, {one}), Point {{ x: mut {two}, .. }}) = (({number}, {text}), {last});"
    ))
}

fn structure(g: &mut Generator, depth: u32) -> Option<String> {
    let value = g.order(depth);
    let (one, two) = g.two_names();
    g.bind(&one, Type::Int, true);
    g.bind(&two, Type::Texts, false);
    Some(format!(
        "let Order {{ qty: mut {one}, tags: {two}, address: Address {{ zip: _, .. }}, .. }} = {value};"
    ))
}

fn partial(g: &mut Generator, _: u32) -> Option<String> {
    let mut places = g.scope.movable(Type::Text);
    places.retain(|place| place.path == "name");
    let place = g.one(&places)?;
    let owner = place.text.strip_suffix(".name")?.to_owned();
    g.scope.take(&place);
    let (one, two) = g.two_names();
    g.bind(&one, Type::Text, false);
    g.bind(&two, Type::Int, false);
    Some(format!(
        "let Order {{ name: {one}, qty: {two}, .. }} = {owner};"
    ))
}

fn by_ref(g: &mut Generator, _: u32) -> Option<String> {
    let places = g.scope.readable(Type::Text);
    let place = g.one(&places)?;
    let name = g.name();
    g.scope
        .add(&name, Type::RefText, false, Some(place.variable));
    if let Some(owner) = place.text.strip_suffix(".name") {
        return Some(format!("let Order {{ name: ref {name}, .. }} = {owner};"));
    }
    Some(format!("let ref {name} = {};", place.text))
}

fn borrow(g: &mut Generator, _: u32) -> Option<String> {
    let (ty, borrowed) = if g.random.chance(70) {
        (Type::Text, Type::RefText)
    } else {
        (Type::Texts, Type::RefTexts)
    };
    let places = g.scope.readable(ty);
    let place = g.one(&places)?;
    let name = g.name();
    g.scope.add(&name, borrowed, false, Some(place.variable));
    Some(format!("let {name} = &{};", place.text))
}

fn let_else(g: &mut Generator, depth: u32) -> Option<String> {
    let fallible = g.random.chance(35);
    let value = if fallible {
        g.awaited("may", |g| g.number(depth))?
    } else {
        g.option(depth)
    };
    let mut fork = g.fork();
    g.skip(&mut fork);
    let otherwise = g.way(&mut fork, |g| {
        let count = g.random.below(3);
        let statements = g.statements(depth, count);
        format!("{statements}\n{}", g.leave(depth))
    });
    g.join(fork);
    let name = g.name();
    g.bind(&name, Type::Int, false);
    let pattern = if fallible { "Ok" } else { "Some" };
    Some(format!(
        "let {pattern}({name}) = {value} else {{\n{otherwise}\n}};"
    ))
}

fn deferred(g: &mut Generator, depth: u32) -> Option<String> {
    let name = g.unique("d");
    let texts = g.random.chance(40);
    let condition = g.flag(depth);
    let mut fork = g.fork();
    let mut branch = |g: &mut Generator| {
        g.way(&mut fork, |g| {
            let statements = g.statements(depth, 1);
            let value = if texts {
                g.text(depth)
            } else {
                g.number(depth)
            };
            format!("{statements}\n{name} = {value};")
        })
    };
    let (yes, no) = (branch(g), branch(g));
    g.join(fork);
    g.bind(&name, if texts { Type::Text } else { Type::Int }, false);
    Some(format!(
        "let {name};\nif {condition} {{\n{yes}\n}} else {{\n{no}\n}}"
    ))
}

fn inferred(g: &mut Generator, depth: u32) -> Option<String> {
    let name = g.unique("e");
    let value = g.number(depth);
    let text = match g.random.below(3) {
        0 => format!("let mut {name} = vec![];\n{name}.push({value});"),
        1 => format!(
            "let mut {name} = Vec::new();\nif ({value}) > 2 {{ {name}.push({}); }}",
            g.small_number()
        ),
        _ => {
            let text = format!(
                "let mut {name} = None;\nif ({value}) > 2 {{ {name} = Some({}); }}",
                g.small_number()
            );
            g.bind(&name, Type::Maybe, true);
            return Some(format!("{text}\nlet _ = {name} == Some(1i64);"));
        }
    };
    g.bind(&name, Type::Ints, true);
    Some(text)
}
