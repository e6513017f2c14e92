//! A text without what differs from run to run, for tests that compare the whole of it.

/// The text with `RUN` for ids of runs, `TIME` for points in time and `LINE` for the lines of the
/// test's own file.
pub(crate) fn told(text: impl ToString) -> String {
    let text = text.to_string();
    let words = text.split_inclusive([' ', ',', ';', '(', ')', '\n', '`']);
    words.map(without_what_differs).collect()
}

fn without_what_differs(word: &str) -> String {
    let core = word.trim_end_matches([' ', ',', ';', '(', ')', '\n', '`']);
    let (core, end) = word.split_at(core.len());
    if is_id(core) {
        return format!("RUN{end}");
    }
    if core.len() == 24 && core.ends_with('Z') && core.contains('T') {
        return format!("TIME{end}");
    }
    let (path, colon) = match core.strip_suffix(':') {
        Some(path) => (path, ":"),
        None => (core, ""),
    };
    match path.split_once(".rs:") {
        Some((file, line)) if line.starts_with(|c: char| c.is_ascii_digit()) => {
            format!("{file}.rs:LINE{colon}{end}")
        }
        _ => word.to_owned(),
    }
}

fn is_id(text: &str) -> bool {
    text.len() == 36 && text.chars().all(|c| c == '-' || c.is_ascii_hexdigit())
}
