//! The facade.
extern crate self as scoop;
pub use scoop_macros::saga;
pub use scoop_runtime::operation::sleep;
#[doc(hidden)]
pub mod __private {
    pub use scoop_runtime as runtime;
}
