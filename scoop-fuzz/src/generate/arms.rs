//! `match`: guards, bindings, or-patterns, by move and by reference.

use super::operands::Value;
use super::rules::Generator;
use super::types::Type;

impl Generator {
    /// A `match` over a number.
    pub(super) fn match_number(&mut self, depth: u32, scrutinee: &str, value: Value) -> String {
        let (bound, rest) = (self.name(), self.name());
        let guard = self.random.chance(50).then(|| {
            self.scoped(|g| {
                g.bind(&bound, Type::Int, false);
                g.still(|g| g.all_held(|g| g.apply("match guard", |g| Some(g.flag(1)))))
            })
        });
        let guard = guard
            .flatten()
            .map_or_else(String::new, |guard| format!(" if {guard}"));
        let mut fork = self.fork();
        let mut arm = |g: &mut Self, name: Option<&str>| {
            g.way(&mut fork, |g| {
                if let Some(name) = name {
                    g.bind(name, Type::Int, false);
                }
                value(g, depth)
            })
        };
        let one = arm(self, None);
        let two = arm(self, Some(&bound));
        let three = arm(self, Some(&rest));
        self.join(fork);
        let (or, at) = (self.random.chance(50), self.random.chance(50));
        let first = if or {
            self.apply("or-pattern", |_| Some("0 | 2 | 9..=11".to_owned()))
        } else {
            None
        };
        let second = if at {
            self.apply("@ binding", |_| Some(format!("{bound} @ 1..=5")))
        } else {
            None
        };
        format!(
            "match ({scrutinee}) % 12 {{\n{} => {{\n{one}\n}}\n{}{guard} => {{\n{two}\n}}\n{rest} => {{\n{three}\n}}\n}}",
            first.unwrap_or_else(|| "0".to_owned()),
            second.unwrap_or_else(|| if guard.is_empty() {
                format!("{bound} @ 3..")
            } else {
                bound.clone()
            }),
        )
    }

    /// A `match` over an option, with a guard.
    pub(super) fn match_option(&mut self, depth: u32, scrutinee: &str, value: Value) -> String {
        let (first, second) = (self.name(), self.name());
        let mut fork = self.fork();
        let mut arm = |g: &mut Self, name: Option<&str>| {
            g.way(&mut fork, |g| {
                if let Some(name) = name {
                    g.bind(name, Type::Int, name == "b");
                }
                value(g, depth)
            })
        };
        let (one, two, three) = (
            arm(self, Some(&first)),
            arm(self, Some(&second)),
            arm(self, None),
        );
        self.join(fork);
        let pattern = |name: &str| {
            if name == "b" {
                "mut b".to_owned()
            } else {
                name.to_owned()
            }
        };
        format!(
            "match {scrutinee} {{\nSome({}) if {first} % 5 < 3 => {{\n{one}\n}}\nSome({}) => {{\n{two}\n}}\nNone => {{\n{three}\n}}\n}}",
            pattern(&first),
            pattern(&second),
        )
    }

    /// A `match` over the result of a step, with the fault in one arm.
    pub(super) fn match_fault(&mut self, depth: u32, scrutinee: &str, value: Value) -> String {
        let (name, fault) = (self.name(), self.name());
        let mut fork = self.fork();
        let fine = self.way(&mut fork, |g| {
            g.bind(&name, Type::Int, false);
            value(g, depth)
        });
        let wrong = self.way(&mut fork, |g| {
            g.bind(&fault, Type::Fault, false);
            value(g, depth)
        });
        self.join(fork);
        format!(
            "match {scrutinee} {{\nOk({name}) => {{\n{fine}\n}}\nErr({fault}) => {{\n{wrong}\n}}\n}}"
        )
    }

    /// A `match` over a borrowed `Ship`.
    pub(super) fn match_ref(&mut self, depth: u32) -> Option<String> {
        let places = self.scope.readable(Type::Ship);
        let ship = self.one(&places)?;
        Some(self.match_ship(depth, &format!("&{}", ship.text), Some(ship.variable)))
    }

    /// A `match` that moves out of a `Ship`.
    pub(super) fn match_move(&mut self, depth: u32) -> Option<String> {
        let places = self.scope.movable(Type::Ship);
        let ship = self.one(&places)?;
        self.scope.take(&ship);
        Some(self.match_ship(depth, &ship.text, None))
    }

    fn match_ship(&mut self, depth: u32, scrutinee: &str, of: Option<usize>) -> String {
        let (number, text) = if of.is_some() {
            (Type::RefInt, Type::RefText)
        } else {
            (Type::Int, Type::Text)
        };
        let (height, port, days) = (self.name(), self.name(), self.unique("days"));
        let mut fork = self.fork();
        let air = self.way(&mut fork, |g| {
            g.scope.add(&height, number, false, of);
            g.number(depth)
        });
        let sea = self.way(&mut fork, |g| {
            g.scope.add(&port, text, false, of);
            g.scope.add(&days, number, false, of);
            let (first, second) = (g.number(depth), g.number(depth));
            format!("f3({first}, digest(&{port}), {second})")
        });
        let none = self.way(&mut fork, |g| g.number(depth));
        self.join(fork);
        // A by-move arm may have moved `port` before the call of `digest`.
        let sea = if of.is_some() {
            sea
        } else {
            sea.replace(&format!("digest(&{port})"), "1")
        };
        format!(
            "match {scrutinee} {{\nShip::Air({height}) => {{\n{air}\n}}\nShip::Sea {{ port: {port}, days: {days} }} => {{\n{sea}\n}}\nShip::Pickup => {{\n{none}\n}}\n}}"
        )
    }
}
