//! Expressions of the other types: options, lists, orders, points.

use super::rules::{Generator, Rule};
use super::types::Type;

const ORDER: &[Rule] = &[
    (6, "await order", |g, d| g.awaited("order", |g| g.number(d))),
    (5, "struct base", order_base),
    (3, "move order", |g, _| g.moved(Type::Order)),
    (3, "clone order", |g, _| g.cloned(Type::Order)),
];

const NUMBERS: &[Rule] = &[
    (6, "vec!", |g, d| {
        Some(format!("vec![{}, {}]", g.number(d), g.number(d)))
    }),
    (3, "move list", |g, _| g.moved(Type::Ints)),
    (3, "clone list", |g, _| g.cloned(Type::Ints)),
    (2, "iterator chain", |g, d| {
        let plus = g.number(d);
        Some(format!(
            "{{ let m = {plus}; (0..3i64).map(|q| q.wrapping_mul(m)).collect::<Vec<i64>>() }}"
        ))
    }),
    (2, "array to_vec", |g, d| {
        Some(format!("[{}, {}].to_vec()", g.number(d), g.number(d)))
    }),
];

const TEXTS: &[Rule] = &[
    (6, "vec!", |g, d| {
        Some(format!("vec![{}, {}]", g.text(d), g.text(d)))
    }),
    (3, "move list", |g, _| g.moved(Type::Texts)),
    (3, "clone list", |g, _| g.cloned(Type::Texts)),
];

const OPTION: &[Rule] = &[
    (8, "await maybe", |g, d| g.awaited("maybe", |g| g.number(d))),
    (2, "some", |g, d| Some(format!("Some({})", g.number(d)))),
    (6, "copy option", |g, _| {
        let places = g.scope.readable(Type::Maybe);
        Some(g.one(&places)?.text)
    }),
    (2, "await may ok", |g, d| {
        Some(format!("{}.ok()", g.awaited("may", |g| g.number(d))?))
    }),
];

impl Generator {
    /// An expression of type `Option<i64>`.
    pub(super) fn option(&mut self, depth: u32) -> String {
        self.choose(OPTION, depth)
            .unwrap_or_else(|| format!("opt({})", self.number(depth.min(1))))
    }

    /// An expression of type `Vec<i64>`.
    pub(super) fn numbers(&mut self, depth: u32) -> String {
        self.choose(NUMBERS, depth)
            .unwrap_or_else(|| "vec![4i64, 5, 6]".to_owned())
    }

    /// An expression of type `Vec<String>`.
    pub(super) fn texts(&mut self, depth: u32) -> String {
        self.choose(TEXTS, depth)
            .unwrap_or_else(|| "vec![\"p\".to_string(), \"q\".to_string()]".to_owned())
    }

    /// An expression of type `Order`.
    pub(super) fn order(&mut self, depth: u32) -> String {
        self.choose(ORDER, depth)
            .unwrap_or_else(|| format!("sample({})", self.small_number()))
    }

    /// An expression of type `Point`.
    pub(super) fn point(&mut self, depth: u32) -> String {
        let places = self.scope.readable(Type::Point);
        match self.one(&places) {
            Some(place) if self.random.chance(50) => place.text,
            _ => format!(
                "Point {{ x: {}, y: {} }}",
                self.number(depth),
                self.number(depth)
            ),
        }
    }

    fn moved(&mut self, ty: Type) -> Option<String> {
        let places = self.scope.movable(ty);
        let place = self.one(&places)?;
        self.scope.take(&place);
        Some(place.text)
    }

    fn cloned(&mut self, ty: Type) -> Option<String> {
        let mut places = self.scope.readable(ty);
        if ty == Type::Texts {
            places.extend(self.scope.readable(Type::RefTexts));
        }
        Some(format!("{}.clone()", self.one(&places)?.text))
    }
}

fn order_base(g: &mut Generator, depth: u32) -> Option<String> {
    let bases = g.scope.bases();
    let base = g.one(&bases);
    let fields = |g: &mut Generator| (g.number(depth), g.text(depth));
    let (qty, name) = match &base {
        Some(place) => g.held(place, fields),
        None => fields(g),
    };
    let base = match base {
        Some(place) => {
            g.scope.take(&place);
            place.text
        }
        None => g
            .awaited("order", |g| g.number(depth))
            .unwrap_or_else(|| "sample(3)".to_owned()),
    };
    Some(format!("Order {{ qty: {qty}, name: {name}, ..{base} }}"))
}
