//! Expressions of type `i64`.

use super::racers;
use super::rules::{Generator, Rule};
use super::types::Type;

const RULES: &[Rule] = &[
    (16, "await val", val),
    (8, "await may?", may),
    (4, "await maybe ok_or?", ok_or),
    (4, "plain call", plain_call),
    (6, "method args", method_args),
    (5, "binary operator", binary),
    (5, "function args", function_args),
    (5, "if value", |g, d| g.if_value(d, Generator::number)),
    (4, "if let value", if_let_value),
    (4, "let chain value", let_chain_value),
    (4, "match value", match_value),
    (3, "match await result", match_result),
    (3, "match by ref", |g, d| {
        Some(format!("({})", g.match_ref(d)?))
    }),
    (2, "match by move", |g, d| {
        Some(format!("({})", g.match_move(d)?))
    }),
    (5, "block value", |g, d| g.block_value(d, Generator::number)),
    (3, "labelled block", |g, d| g.labelled_block(d)),
    (3, "loop value", |g, d| g.loop_value(d)),
    (3, "tuple", tuple),
    (2, "array index", array_index),
    (8, "index", index),
    (2, "cast", cast),
    (2, "unary", unary),
    (2, "range", range),
    (4, "option combinator", combinator),
    (2, "closure", closure),
    (4, "digest of text", digest),
    (4, "ref operand", ref_operand),
    (3, "struct literal", struct_literal),
    (3, "struct base", struct_base),
    (3, "format!", format_macro),
    (3, "vec!", vec_macro),
    (2, "await order field", order_field),
    (3, "join value", |g, d| g.join_value(d)),
    (2, "race value", |g, d| g.race_value(d)),
    (8, "await put", racers::put),
    (4, "await lay?", racers::lay),
    (1, "await pivot", racers::sign),
];

impl Generator {
    /// An expression of type `i64`.
    pub(super) fn number(&mut self, depth: u32) -> String {
        self.choose(RULES, depth)
            .unwrap_or_else(|| self.small_number())
    }

    /// A variable or a literal.
    pub(super) fn small_number(&mut self) -> String {
        let mut texts: Vec<String> = self
            .scope
            .readable(Type::Int)
            .into_iter()
            .map(|place| place.text)
            .collect();
        texts.extend(
            self.scope
                .readable(Type::RefInt)
                .iter()
                .map(|place| format!("*{}", place.text)),
        );
        texts.extend(
            self.scope
                .readable(Type::Usize)
                .iter()
                .map(|place| format!("({} as i64)", place.text)),
        );
        if self.random.chance(25) {
            texts.clear();
        }
        self.random
            .one(&texts)
            .unwrap_or_else(|| format!("{}i64", self.random.below(20)))
    }

    /// The call of a step, awaited.
    pub(super) fn awaited(
        &mut self,
        step: &str,
        argument: impl FnOnce(&mut Self) -> String,
    ) -> Option<String> {
        if !self.awaits {
            return None;
        }
        let key = self.key();
        Some(format!("{step}({key}, {}).await", argument(self)))
    }
}

pub(super) fn val(g: &mut Generator, depth: u32) -> Option<String> {
    g.awaited("val", |g| g.number(depth))
}

pub(super) fn may(g: &mut Generator, depth: u32) -> Option<String> {
    if !g.returns.fails() {
        return None;
    }
    Some(format!("{}?", g.awaited("may", |g| g.number(depth))?))
}

fn ok_or(g: &mut Generator, depth: u32) -> Option<String> {
    if !g.returns.fails() {
        return None;
    }
    let maybe = g.awaited("maybe", |g| g.number(depth))?;
    Some(format!(
        "{maybe}.ok_or(Fault {{ code: {} }})?",
        g.random.below(90)
    ))
}

fn plain_call(g: &mut Generator, depth: u32) -> Option<String> {
    let key = g.key();
    Some(format!("pl({key}, {})", g.number(depth)))
}

fn method_args(g: &mut Generator, depth: u32) -> Option<String> {
    let method = g
        .random
        .one(&["wrapping_add", "wrapping_sub", "wrapping_mul", "max"])?;
    let left = g.number(depth);
    Some(format!("({left}).{method}({})", g.number(depth)))
}

fn binary(g: &mut Generator, depth: u32) -> Option<String> {
    let operator = g.random.one(&["+", "-", "*", "^", "|"])?;
    let (left, right) = (g.number(depth), g.number(depth));
    Some(format!("((({left}) % 1000) {operator} (({right}) % 1000))"))
}

fn function_args(g: &mut Generator, depth: u32) -> Option<String> {
    Some(format!(
        "f3({}, {}, {})",
        g.number(depth),
        g.number(depth),
        g.number(depth)
    ))
}

fn if_let_value(g: &mut Generator, depth: u32) -> Option<String> {
    let scrutinee = g.option(depth);
    Some(format!(
        "({})",
        g.if_let(
            depth,
            &format!("let Some(#) = {scrutinee}"),
            Generator::number
        )?
    ))
}

fn let_chain_value(g: &mut Generator, depth: u32) -> Option<String> {
    let scrutinee = g.option(depth);
    Some(format!(
        "({})",
        g.let_chain(depth, &scrutinee, Generator::number)?
    ))
}

fn match_value(g: &mut Generator, depth: u32) -> Option<String> {
    let scrutinee = g.number(depth);
    Some(format!(
        "({})",
        g.match_number(depth, &scrutinee, Generator::number)
    ))
}

fn match_result(g: &mut Generator, depth: u32) -> Option<String> {
    let scrutinee = g.awaited("may", |g| g.number(depth))?;
    Some(format!(
        "({})",
        g.match_fault(depth, &scrutinee, Generator::number)
    ))
}

fn tuple(g: &mut Generator, depth: u32) -> Option<String> {
    let (one, two, three) = (g.number(depth), g.flag(depth), g.number(depth));
    let field = if g.random.chance(50) { 0 } else { 2 };
    Some(format!("({one}, {two}, {three}).{field}"))
}

fn array_index(g: &mut Generator, depth: u32) -> Option<String> {
    let (one, two, at) = (g.number(depth), g.number(depth), g.number(depth));
    Some(format!("[{one}, {two}][({at}) as usize % 2]"))
}

fn index(g: &mut Generator, depth: u32) -> Option<String> {
    let places = g.scope.readable(Type::Ints);
    let list = g.one(&places)?;
    let mut fork = g.fork();
    g.skip(&mut fork);
    let at = g.held(&list, |g| g.way(&mut fork, |g| g.number(depth)));
    g.join(fork);
    let list = list.text;
    Some(format!(
        "(if {list}.is_empty() {{ 0 }} else {{ {list}[({at}) as usize % {list}.len()] }})"
    ))
}

fn cast(g: &mut Generator, depth: u32) -> Option<String> {
    if g.random.chance(50) {
        return Some(format!("(({}) as i32 as i64)", g.number(depth)));
    }
    Some(format!("i64::from({})", g.flag(depth)))
}

fn unary(g: &mut Generator, depth: u32) -> Option<String> {
    let operator = g.random.one(&["-", "!"])?;
    Some(format!("({operator}(({}) % 1000))", g.number(depth)))
}

fn range(g: &mut Generator, depth: u32) -> Option<String> {
    let (from, to) = (g.number(depth), g.number(depth));
    Some(format!("(((({from}) % 9)..(({to}) % 9)).count() as i64)"))
}

fn combinator(g: &mut Generator, depth: u32) -> Option<String> {
    let option = g.option(depth);
    Some(match g.random.below(5) {
        0 => format!(
            "{option}.map(|q| q.wrapping_add(3)).unwrap_or({})",
            g.number(depth)
        ),
        1 => format!("{option}.filter(|q| *q > 2).unwrap_or({})", g.number(depth)),
        2 => format!("{option}.map_or({}, |q| q % 7)", g.number(depth)),
        3 => format!("{option}.unwrap_or_else(|| {})", g.small_number()),
        _ => format!("{option}.or({}).unwrap_or_default()", g.option(depth)),
    })
}

fn closure(g: &mut Generator, depth: u32) -> Option<String> {
    let captured = g.small_number();
    let argument = g.still(|g| g.scoped(|g| g.all_held(|g| g.number(depth.min(1)))));
    Some(format!(
        "{{ let f = |q: i64| q.wrapping_mul(3).wrapping_add({captured}); f(f({argument})) }}"
    ))
}

fn digest(g: &mut Generator, depth: u32) -> Option<String> {
    if g.random.chance(40) {
        return Some(format!("digest(&{})", g.text(depth)));
    }
    let (borrow, _) = g.text_ref(depth);
    Some(format!("digest({borrow})"))
}

fn ref_operand(g: &mut Generator, depth: u32) -> Option<String> {
    let places = g.scope.readable(Type::Text);
    let text = g.one(&places)?;
    let number = g.held(&text, |g| g.number(depth));
    Some(format!("tagged(&{}, {number})", text.text))
}

fn struct_literal(g: &mut Generator, depth: u32) -> Option<String> {
    let (one, two) = (g.number(depth), g.number(depth));
    Some(format!("(Point {{ y: {one}, x: {two} }}).x"))
}

fn struct_base(g: &mut Generator, depth: u32) -> Option<String> {
    let one = g.number(depth);
    Some(format!("(Point {{ y: {one}, ..{} }}).x", g.point(depth)))
}

fn format_macro(g: &mut Generator, depth: u32) -> Option<String> {
    let text = g.formatted(depth);
    Some(format!("digest(&{text})"))
}

fn vec_macro(g: &mut Generator, depth: u32) -> Option<String> {
    Some(format!(
        "total(&vec![{}, {}])",
        g.number(depth),
        g.number(depth)
    ))
}

fn order_field(g: &mut Generator, depth: u32) -> Option<String> {
    Some(format!("{}.qty", g.awaited("order", |g| g.number(depth))?))
}
