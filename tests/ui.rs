//! What the compiler says about wrong code, one mistake a file; a file with more begins with
//! `// mistakes: N`.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::PathBuf;

#[test]
fn each_mistake_is_told_once_where_it_was_made() {
    // Compiled when it is dropped; only then the messages are those of this compiler.
    drop({
        let cases = trybuild::TestCases::new();
        cases.compile_fail("ui-tests/*.rs");
        cases
    });
    let files: Vec<PathBuf> = fs::read_dir("ui-tests")
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect();
    let wrong: Vec<String> = files
        .iter()
        .filter_map(|path| {
            let mistakes = mistakes(&fs::read_to_string(path).unwrap());
            let told = errors(&fs::read_to_string(path.with_extension("stderr")).unwrap());
            let path = path.display();
            (mistakes != told).then(|| format!("{path}: {mistakes} mistakes, {told} errors"))
        })
        .collect();
    assert!(files.len() > 40);
    assert_eq!(wrong, [""; 0]);
}

fn mistakes(code: &str) -> usize {
    let stated = code
        .lines()
        .next()
        .and_then(|line| line.strip_prefix("// mistakes: "));
    stated.map_or(1, |number| number.parse().unwrap())
}

fn errors(messages: &str) -> usize {
    messages
        .lines()
        .filter(|line| line.starts_with("error:") || line.starts_with("error["))
        .count()
}
