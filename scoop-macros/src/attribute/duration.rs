//! Durations in attributes: `"10s"`, `"5 minutes"`, `"100ms..30s"`.

use std::time::Duration;

use syn::{Error, LitStr, Result};

/// Reads one duration.
pub(crate) fn duration(literal: &LitStr) -> Result<Duration> {
    parse(&literal.value()).map_err(|why| Error::new(literal.span(), why))
}

/// Reads `"first..longest"`.
pub(crate) fn duration_range(literal: &LitStr) -> Result<(Duration, Duration)> {
    let text = literal.value();
    let Some((first, longest)) = text.split_once("..") else {
        return Err(Error::new(
            literal.span(),
            "not a range of durations; write the first and the longest pause, as in \
             `\"100ms..30s\"`",
        ));
    };
    let read = |part: &str| parse(part).map_err(|why| Error::new(literal.span(), why));
    let (first, longest) = (read(first)?, read(longest)?);
    if first > longest {
        return Err(Error::new(
            literal.span(),
            "the first pause is longer than the longest",
        ));
    }
    Ok((first, longest))
}

fn parse(text: &str) -> std::result::Result<Duration, String> {
    let wrong = |why: &dyn std::fmt::Display| {
        format!(
            "not a duration ({why}); write a number and a unit, as in `\"10s\"`, `\"5 minutes\"` or `\"1h 30m\"`"
        )
    };
    let text = text.trim();
    if text.is_empty() {
        return Err(wrong(&"it is empty"));
    }
    let signed: jiff::SignedDuration =
        text.parse().map_err(|_| wrong(&format_args!("`{text}`")))?;
    Duration::try_from(signed).map_err(|_| wrong(&"it is negative"))
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn durations_are_read_as_people_write_them() {
        for (text, millis) in [
            ("10s", 10_000),
            ("100ms", 100),
            ("5 minutes", 300_000),
            ("1h 30m", 5_400_000),
        ] {
            assert_eq!(parse(text).map(|d| d.as_millis()), Ok(millis), "{text}");
        }
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for text in ["", "10", "5 minuts", "-3s", "soon"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
