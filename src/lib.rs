//! The facade.
extern crate self as scoop;
pub use scoop_macros::{saga, step};
pub use scoop_runtime::operation::{Failure, Outcome, sleep};
pub use scoop_runtime::resource::Resource;
#[doc(hidden)]
pub mod __private {
    pub use scoop_runtime as runtime;
}
