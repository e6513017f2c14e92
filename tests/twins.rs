//! Two sagas of one name in a program.

#![allow(clippy::unwrap_used)]

use scoop::{Scoop, saga};

mod first {
    use super::saga;

    #[saga(name = "shop::order")]
    pub(crate) async fn order() -> u32 {
        1
    }
}

mod second {
    use super::saga;

    #[saga(name = "shop::order")]
    pub(crate) async fn buy() -> u32 {
        2
    }
}

#[tokio::test]
async fn two_sagas_of_one_name_are_refused_at_start_up() {
    drop((first::order(), second::buy()));
    let said = Scoop::connect("memory:").await.unwrap_err().to_string();
    // Which of them is linked first is the linker's business.
    let (first, second) = ("tests/twins.rs:11", "tests/twins.rs:20");
    let says = |one, other| {
        format!(
            "two sagas are named `shop::order`: in {one} and in {other}; give one \
             `#[saga(name = \"..\")]`"
        )
    };
    assert!(
        said == says(first, second) || said == says(second, first),
        "{said}"
    );
}
