//! What the compiler says about wrong code, one mistake a file.

#[test]
fn each_mistake_is_told_once_where_it_was_made() {
    trybuild::TestCases::new().compile_fail("ui-tests/*.rs");
}
