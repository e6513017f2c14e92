//! The copy of a field that is moved out of a local and gets another value later.

use super::Durable;

/// A field of a local.
#[derive(Debug)]
pub struct Copied<'a, T>(pub &'a T);

/// The copy as a clone.
pub trait ByClone<T> {
    /// The copy.
    fn copied(&self) -> T;
}

/// The copy of what cannot be cloned: its stored form, read back.
pub trait ByStoredForm<T> {
    /// The copy.
    fn copied(&self) -> T;
}

impl<T: Clone> ByClone<T> for Copied<'_, T> {
    fn copied(&self) -> T {
        self.0.clone()
    }
}

impl<T: Durable> ByStoredForm<T> for &Copied<'_, T> {
    fn copied(&self) -> T {
        let read_back = serde_json::to_string(self.0).and_then(|json| serde_json::from_str(&json));
        read_back.unwrap_or_else(|error| {
            super::mismatch(format!(
                "a `{}` does not survive JSON: {error}",
                std::any::type_name::<T>()
            ))
        })
    }
}
