//! Errors as users meet them.

mod any;
mod chain;
mod describe;
mod kept;
mod report;
mod saga_error;
mod text;
pub(crate) mod wording;

pub use any::Error;
pub use describe::{Describe, ErrorProbe, NotAnError, StoredAsText, StoredWithValue};
pub use saga_error::SagaError;
