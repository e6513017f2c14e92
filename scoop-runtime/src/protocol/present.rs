//! A value that may be missing and may be `null`: `()`, `None` and an error without fields are
//! written as `null`, which serde takes for a missing one.

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// Reads a value that is there, whatever it is. For fields with `default`.
pub(super) fn present<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Box<RawValue>>, D::Error> {
    Box::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::super::checkpoint::Undoes;
    use super::super::failure::StoredError;
    use super::super::id::Seq;

    #[test]
    fn null_is_a_value() {
        for (json, there) in [
            (r#"{"seq":1}"#, false),
            (r#"{"seq":1,"output":null}"#, true),
        ] {
            let undoes: Undoes = serde_json::from_str(json).unwrap();
            assert_eq!((undoes.seq, undoes.output.is_some()), (Seq(1), there));
            assert_eq!(serde_json::to_string(&undoes).unwrap(), json);
        }
        for (json, there) in [
            (r#"{"type-name":"E","message":"m"}"#, false),
            (r#"{"type-name":"E","message":"m","value":null}"#, true),
        ] {
            let error: StoredError = serde_json::from_str(json).unwrap();
            assert_eq!(error.value.is_some(), there);
            assert_eq!(serde_json::to_string(&error).unwrap(), json);
        }
    }
}
