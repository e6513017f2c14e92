// mistakes: 4
//! A saga is not async, and takes what cannot be stored.

use scoop::saga;

#[saga]
fn trip<T>(n: &mut u32, f: impl Fn()) -> u32 {
    1
}

fn main() {}
