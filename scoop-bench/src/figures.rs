//! What came out: figures with their names, as a table for people or as one JSON object.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Map, Value};

/// Figures in the order in which they are shown.
#[derive(Debug, Default)]
pub(crate) struct Figures(Vec<Figure>);

#[derive(Debug)]
struct Figure {
    name: &'static str,
    value: Value,
    unit: &'static str,
}

impl Figures {
    pub(crate) fn text(&mut self, name: &'static str, text: impl Into<String>) {
        self.push(name, Value::String(text.into()), "");
    }

    pub(crate) fn count(&mut self, name: &'static str, count: u64) {
        self.push(name, count.into(), "");
    }

    /// One that cannot be told is left out.
    pub(crate) fn number(&mut self, name: &'static str, number: f64, unit: &'static str) {
        if number.is_finite() {
            self.push(name, rounded(number).into(), unit);
        }
    }

    pub(crate) fn millis(&mut self, name: &'static str, duration: Duration) {
        self.number(name, duration.as_secs_f64() * 1e3, "ms");
    }

    fn push(&mut self, name: &'static str, value: Value, unit: &'static str) {
        self.0.push(Figure { name, value, unit });
    }

    pub(crate) fn json(&self) -> String {
        let pairs = self.0.iter().map(|figure| {
            let name = match figure.unit {
                "ms" => format!("{}_ms", figure.name),
                "µs" => format!("{}_us", figure.name),
                _ => figure.name.to_owned(),
            };
            (name, figure.value.clone())
        });
        Value::Object(pairs.collect::<Map<_, _>>()).to_string()
    }

    pub(crate) fn table(&self) -> String {
        let width = self.0.iter().map(|figure| figure.name.len()).max();
        let width = width.unwrap_or_default();
        let mut table = String::new();
        for figure in &self.0 {
            let name = figure.name.replace('_', " ");
            let value = match &figure.value {
                Value::String(text) => text.clone(),
                other => format!("{:>12}", grouped(&other.to_string())),
            };
            let line = format!("{name:width$}  {value} {}", figure.unit);
            // Writing to a string cannot fail.
            let _ = writeln!(table, "{}", line.trim_end());
        }
        table
    }
}

/// Four figures are more than such a measurement is worth.
fn rounded(number: f64) -> f64 {
    if number.abs() >= 1_000.0 {
        return number.round();
    }
    let digits = if number.abs() >= 10.0 { 10.0 } else { 1_000.0 };
    (number * digits).round() / digits
}

/// `12345.6` as `12,345.6`.
fn grouped(number: &str) -> String {
    let (whole, rest) = number
        .find('.')
        .map_or((number, ""), |point| number.split_at(point));
    let rest = if rest == ".0" { "" } else { rest };
    let mut text = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) && !text.ends_with('-') {
            text.push(',');
        }
        text.push(digit);
    }
    text + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures() -> Figures {
        let mut figures = Figures::default();
        figures.text("store", "memory");
        figures.count("runs", 1_234_567);
        figures.number("steps_per_second", 45_678.9, "");
        figures.number("ratio", 1.234_56, "");
        figures.number("nothing", f64::NAN, "");
        figures.millis("p50", Duration::from_micros(12_345));
        figures
    }

    #[test]
    fn json_is_one_object_with_units_in_the_names() {
        let json: Value = serde_json::from_str(&figures().json()).unwrap();
        assert_eq!(
            json,
            serde_json::json!({
                "store": "memory", "runs": 1_234_567, "steps_per_second": 45_679.0,
                "ratio": 1.235, "p50_ms": 12.3,
            })
        );
    }

    #[test]
    fn a_table_is_for_people() {
        let table = figures().table();
        assert!(
            table.contains("runs                 1,234,567\n"),
            "{table}"
        );
        assert!(
            table.contains("steps per second        45,679\n"),
            "{table}"
        );
        assert!(table.contains("12.3 ms"), "{table}");
        assert!(!table.contains("nothing"), "{table}");
    }

    #[test]
    fn thousands_are_grouped() {
        for (plain, text) in [
            ("1", "1"),
            ("-123", "-123"),
            ("1234.5", "1,234.5"),
            ("1000000.0", "1,000,000"),
        ] {
            assert_eq!(grouped(plain), text);
        }
    }
}
