//! The parent of all lives: has them killed, starts them again, and compares line by line what they
//! did with what one life in peace does.

use std::io::Write as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::life::{COMMITS, DATABASE, DIRECTORY, END, JOURNAL, POINT, PROGRAM, TROUBLE};
use crate::point::Point;
use crate::{journal, trips};

/// Before the name of a program that is to use PostgreSQL.
pub(crate) const ON_POSTGRES: &str = "postgres:";

/// What a program does when nobody kills it.
struct Peace {
    program: &'static str,
    end: String,
    happened: Vec<String>,
    books: i64,
    commits: u64,
    /// The numbers of the lines that are effects.
    effects: Vec<usize>,
}

/// One life after the other in a directory.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Lives up to this point. False when it ended before.
    fn live(&self, program: &str, point: Point) -> bool {
        // No file may grow beyond some hundred kB: as on a full disk, what is written is refused.
        let limit = match point {
            Point::FullDisk => "trap '' XFSZ; ulimit -f 800; exec \"$0\" \"$@\"",
            _ => "exec \"$0\" \"$@\"",
        };
        let mut life = Command::new("sh");
        life.args(["-c", limit])
            .arg(std::env::current_exe().unwrap());
        let plain = program.strip_prefix(ON_POSTGRES);
        if plain.is_some() {
            life.env(DATABASE, self.database());
        }
        let output = life
            .args(["life::life", "--exact", "--nocapture"])
            .env(PROGRAM, plain.unwrap_or(program))
            .env(DIRECTORY, self.path())
            .env(POINT, point.to_string())
            .output()
            .unwrap();
        let killed = output.status.signal() == Some(9);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            killed || output.status.success(),
            "{program}, {point}: {said}"
        );
        killed
    }

    /// The URL of a database that is this place's own.
    fn database(&self) -> String {
        let file = self.path().join("url");
        std::fs::read_to_string(&file).unwrap_or_else(|_| {
            let url = crate::fresh_database();
            std::fs::write(file, &url).unwrap();
            url
        })
    }

    fn journal(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.path().join(JOURNAL)).unwrap_or_default();
        text.lines().map(ToOwned::to_owned).collect()
    }

    fn happened(&self) -> Vec<String> {
        journal::told(&self.journal())
    }

    fn end(&self) -> String {
        std::fs::read_to_string(self.path().join(END)).unwrap()
    }
}

impl Peace {
    fn of(program: &'static str) -> Self {
        let place = Place::new();
        assert!(!place.live(program, Point::Never));
        let happened = place.happened();
        let commits = std::fs::read_to_string(place.path().join(COMMITS)).unwrap();
        let is_effect = |line: &String| !line.starts_with("body ");
        let numbered = happened.iter().enumerate();
        let effects = numbered.filter(|(_, line)| is_effect(line));
        let effects: Vec<usize> = effects.map(|(number, _)| number).collect();
        assert!(effects.len() >= 2, "{happened:?}");
        Self {
            program,
            end: place.end(),
            books: trips::books(&place.journal()),
            commits: commits.parse().unwrap(),
            effects,
            happened,
        }
    }

    /// Kills a life there, and lets the next one end. How much had happened when it was killed, and
    /// what had in the end.
    fn disturbed(&self, point: Point) -> (usize, Vec<String>) {
        let place = Place::new();
        assert!(place.live(self.program, point), "{point} was never reached");
        let first = place.journal().len();
        assert!(!place.live(self.program, Point::Never));
        assert_eq!(place.end(), self.end, "{point}");
        assert_eq!(trips::books(&place.journal()), self.books, "{point}");
        let all = place.happened();
        assert_eq!(all[..first], self.happened[..first], "{point}");
        (first, all)
    }

    /// All that happens if a life ends after `until` lines and the next one begins at line `from`.
    fn again(&self, until: usize, from: usize) -> Vec<String> {
        [&self.happened[..until], &self.happened[from..]].concat()
    }
}

/// Kills it at the four points of every await: before its commit, after it, when its effect is about
/// to happen, and when that has. What was complete happens once; what was pending, once more under
/// the same key; the code before the pending await, never again.
pub(crate) fn killed_everywhere(program: &'static str) {
    let peace = Peace::of(program);
    let mut until = vec![0];
    for number in 1..=peace.commits {
        let (first, all) = peace.disturbed(Point::AfterCommit(number));
        assert_eq!(all, peace.happened, "after commit {number}");
        until.push(first);
    }
    for number in 1..=peace.commits {
        let at = usize::try_from(number).unwrap();
        let (first, all) = peace.disturbed(Point::BeforeCommit(number));
        assert_eq!(first, until[at], "before commit {number}");
        assert_eq!(
            all,
            peace.again(until[at], until[at - 1]),
            "before commit {number}"
        );
    }
    for (number, &line) in (1..).zip(&peace.effects) {
        // The next life begins after the last commit before this effect.
        let from = *until.iter().rfind(|until| **until <= line).unwrap();
        let (first, all) = peace.disturbed(Point::BeforeEffect(number));
        assert_eq!(first, line, "before effect {number}");
        assert_eq!(all, peace.again(line, from), "before effect {number}");
        let (first, all) = peace.disturbed(Point::AfterEffect(number));
        assert_eq!(first, line + 1, "after effect {number}");
        assert_eq!(all, peace.again(line + 1, from), "after effect {number}");
    }
    let points = 2 * (peace.commits + peace.effects.len() as u64);
    say(&format!("{program}: killed at {points} points"));
}

/// The same for a program that does several things at once: those under way happen once more, in any
/// order, and nothing else does.
pub(crate) fn killed_beside(program: &'static str) {
    let peace = Peace::of(program);
    let sorted = |lines: &[String]| {
        let mut lines = lines.to_vec();
        lines.sort_unstable();
        lines
    };
    let once = sorted(&peace.happened);
    let mut count = 0;
    for number in 1..=peace.commits {
        let (_, all) = peace.disturbed(Point::AfterCommit(number));
        let mut all = sorted(&all);
        all.dedup();
        assert_eq!(all, once, "after commit {number}");
        count += 1;
    }
    for number in 1..=peace.effects.len() as u64 {
        for point in [Point::BeforeEffect(number), Point::AfterEffect(number)] {
            let (first, all) = peace.disturbed(point);
            let again = all.len() - once.len();
            assert!(again <= first && again <= 2, "{point}: {all:#?}");
            let mut all = sorted(&all);
            all.dedup();
            assert_eq!(all, once, "{point}");
            count += 1;
        }
    }
    say(&format!("{program}: killed at {count} points"));
}

/// The same for a program of several runs at once, whose commits share batches as it happens: what was under
/// way when it was killed may happen once more, and nothing else does.
pub(crate) fn killed_in_any_order(program: &'static str) {
    let peace = Peace::of(program);
    let once = unordered(&peace.happened);
    let commits = (1..=peace.commits).map(Point::AfterCommit);
    let effects = 1..=peace.effects.len() as u64;
    let effects =
        effects.flat_map(|number| [Point::BeforeEffect(number), Point::AfterEffect(number)]);
    let mut count = 0;
    for point in commits.chain(effects) {
        let place = Place::new();
        let was_killed = place.live(program, point);
        assert!(
            was_killed || matches!(point, Point::AfterCommit(number) if number > 2),
            "{point}"
        );
        count += u32::from(was_killed);
        let before = unordered(&place.happened());
        if was_killed {
            assert!(!place.live(program, Point::Never));
        }
        assert_eq!(place.end(), peace.end, "{point}");
        let mut all = unordered(&place.happened());
        let again = all.len() - once.len();
        assert!(again <= before.len() && again <= 3, "{point}: {all:#?}");
        all.dedup();
        assert_eq!(all, once, "{point}");
    }
    say(&format!("{program}: killed at {count} points"));
}

/// What happened, in whatever order and runs.
fn unordered(lines: &[String]) -> Vec<String> {
    let unnamed = |line: &String| match line.strip_prefix(char::is_alphabetic) {
        Some(line) => line.trim().to_owned(),
        None => line.clone(),
    };
    let mut lines: Vec<_> = lines.iter().map(unnamed).collect();
    lines.sort_unstable();
    lines
}

/// A process that dies after each of its commits gets there all the same, and does everything once.
pub(crate) fn killed_after_each_commit(program: &'static str) {
    let (peace, place) = (Peace::of(program), Place::new());
    let mut lives = 0;
    while place.live(program, Point::AfterCommit(1)) {
        lives += 1;
        assert!(lives <= peace.commits, "{program} does not get on");
    }
    assert_eq!(lives, peace.commits);
    assert_eq!(place.end(), peace.end);
    assert_eq!(place.happened(), peace.happened);
    say(&format!("{program}: killed {lives} times on its way"));
}

/// Kills the first life after each effect, and the second before its first commit, after that and
/// after its first effect.
pub(crate) fn killed_twice(program: &'static str) {
    let peace = Peace::of(program);
    let mut count = 0;
    for first in (1..=peace.effects.len() as u64).map(Point::AfterEffect) {
        for second in [
            Point::BeforeCommit(1),
            Point::AfterCommit(1),
            Point::AfterEffect(1),
        ] {
            let place = Place::new();
            assert!(place.live(program, first) && place.live(program, second));
            assert!(!place.live(program, Point::Never));
            assert_eq!(place.end(), peace.end, "{first}, {second}");
            assert_eq!(trips::books(&place.journal()), peace.books);
            let mut once = place.happened();
            once.dedup();
            let mut wanted = peace.happened.clone();
            wanted.dedup();
            assert_eq!(once, wanted, "{first}, {second}");
            count += 1;
        }
    }
    say(&format!("{program}: killed twice in {count} ways"));
}

/// Runs until the disk takes no more: the store says so, nothing of that commit is kept, and when
/// there is room the run goes on where it was.
pub(crate) fn out_of_space(program: &'static str) {
    let (peace, place) = (Peace::of(program), Place::new());
    assert!(
        place.live(program, Point::FullDisk),
        "there was room for all"
    );
    let trouble = std::fs::read_to_string(place.path().join(TROUBLE)).unwrap();
    assert!(
        trouble.starts_with("the store is not available: "),
        "{trouble}"
    );
    let first = place.happened().len();
    assert!(0 < first && first < peace.happened.len());
    assert!(!place.live(program, Point::Never));
    assert_eq!(place.end(), peace.end);
    // The operation whose outcome could not be written is done again, under its key.
    assert_eq!(place.happened(), peace.again(first, first - 1));
    say(&format!("{program}: {trouble}, after {first} effects"));
}

/// Past the harness, which shows only what failed.
fn say(what: &str) {
    drop(writeln!(std::io::stderr(), "{what}"));
}
