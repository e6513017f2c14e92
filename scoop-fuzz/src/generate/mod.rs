//! From a seed to the text of a saga that type-checks and borrow-checks as plain async Rust.
//!
//! It knows nothing of how sagas are lowered: it writes the language that sagas promise to be.

mod arms;
mod blocks;
mod flag;
mod joins;
mod jumps;
mod lets;
mod loops;
mod number;
mod operands;
mod racers;
mod races;
mod random;
mod record;
mod rules;
mod scope;
mod statement;
mod text;
mod types;
mod values;

use std::collections::BTreeSet;

pub use record::Record;

use rules::Generator;
use types::Type;

/// A generated saga.
#[derive(Clone, Debug)]
pub struct Program {
    /// The seed it comes from.
    pub seed: u64,
    /// Which program of the seed it is.
    pub number: u64,
    /// The text of the function, without attributes.
    pub source: String,
    /// The numbers of the keys that belong to one branch of a `join!` or a race: from, up to. They may be nested.
    pub lines: Vec<(u32, u32)>,
    /// What it uses.
    pub record: Record,
}

/// Writes program `number` of `seed`, without the constructs named in `without`.
#[must_use]
pub fn program(seed: u64, number: u64, without: &BTreeSet<String>) -> Program {
    let mut generator = Generator::new(seed, number, without.clone());
    let scope = &mut generator.scope;
    scope.add("a", Type::Int, false, None);
    scope.add("b", Type::Int, true, None);
    scope.add("o", Type::Order, true, None);
    scope.add("names", Type::Texts, true, None);
    let count = 4 + generator.random.below(5);
    let body = generator.statements(4, count);
    let end = ending(&mut generator);
    let text = format!(
        "pub async fn g{number}(t: i64, a: i64, mut b: i64, mut o: Order, mut names: Vec<String>) -> Result<Vec<i64>, Fault> {{\n\
         let mut out: Vec<i64> = Vec::new();\n{body}\n{end}\nOk(out)\n}}\n"
    );
    Program {
        seed,
        number,
        source: indent(&text),
        lines: generator.lines,
        record: generator.record,
    }
}

/// Reads some of what is left, so that it has to be kept until the end.
fn ending(generator: &mut Generator) -> String {
    let mut lines = vec![format!("out.push({});", generator.small_number())];
    for ty in [Type::Text, Type::RefText] {
        for place in generator.scope.readable(ty) {
            if generator.random.chance(50) {
                lines.push(format!("out.push(digest(&{}));", place.text));
            }
        }
    }
    for place in generator.scope.readable(Type::Ints) {
        lines.push(format!("out.push(total(&{}));", place.text));
    }
    lines.join("\n")
}

/// Indents by the depth of braces, for people who read a finding.
fn indent(text: &str) -> String {
    let mut depth = 0_usize;
    let mut indented = String::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let closing = line.chars().take_while(|letter| *letter == '}').count();
        indented.push_str(&"    ".repeat(depth.saturating_sub(closing)));
        indented.push_str(line);
        indented.push('\n');
        depth = (depth + line.matches('{').count()).saturating_sub(line.matches('}').count());
    }
    indented
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_the_same_each_time() {
        let none = BTreeSet::new();
        assert_eq!(program(3, 5, &none).source, program(3, 5, &none).source);
    }

    #[test]
    fn constructs_can_be_left_out() {
        let without: BTreeSet<String> = ["for over range".to_owned()].into();
        for number in 0..200 {
            let program = program(1, number, &without);
            assert!(!program.record.constructs.contains("for over range"));
        }
    }

    #[test]
    fn some_programs_race_in_all_ways_and_most_do_not() {
        let none = BTreeSet::new();
        let programs = (0..400).map(|number| program(1, number, &none));
        let constructs = programs.map(|program| program.record.constructs);
        let constructs: Vec<_> = constructs.collect();
        let with = |name| constructs.iter().filter(|all| all.contains(name)).count();
        for name in [
            "race!",
            "match race!",
            "timeout",
            "timeout is_err",
            "loser past its pivot",
            "saga that loses",
            "await put",
            "await lay?",
        ] {
            assert!((2..120).contains(&with(name)), "{name}: {}", with(name));
        }
    }
}
