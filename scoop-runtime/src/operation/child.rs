//! Sagas that are awaited by sagas: not available yet, and said where it is tried.

/// A saga that a saga can await. Implemented by nothing yet.
#[diagnostic::on_unimplemented(
    message = "a saga is awaited inside a saga, which is not available in this release yet",
    label = "this is a saga; a saga awaits steps, `scoop::sleep` and `scoop::caught`",
    note = "await the steps of that saga here, one after the other",
    note = "or start it from outside, when this saga has ended"
)]
pub trait ChildSaga {}
