//! The fuzzer, as a test: a few seeds (`SCOOP_FUZZ_SEEDS`, default `1..4`) through all of it.

use scoop_fuzz::options::{Options, seeds};
use scoop_fuzz::run::run;

fn check(options: Options) {
    let seeds = match std::env::var("SCOOP_FUZZ_SEEDS") {
        Ok(text) => seeds(&text).expect("SCOOP_FUZZ_SEEDS is like `1..4`"),
        Err(_) => options.seeds.clone(),
    };
    assert!(
        run(&Options { seeds, ..options }).expect("cargo runs"),
        "see the output above"
    );
}

#[test]
fn programs_compile_and_run_as_plain_functions() {
    check(Options {
        plain_only: true,
        ..Options::default()
    });
}

#[test]
fn sagas_do_what_plain_functions_do_whatever_commit_they_are_killed_at() {
    check(Options {
        programs: 15,
        ..Options::default()
    });
}
