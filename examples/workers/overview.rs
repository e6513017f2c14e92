//! What the store says of all runs, as an operator sees it: one look, and a table of it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{IsTerminal as _, Write as _};

use scoop::admin::RunRow;
use scoop::{RunFilter, RunStatus, Scoop};

use super::fleet::Seen;

/// How many runs stand how.
#[derive(Debug, Default)]
pub(crate) struct Overview {
    pub(crate) by_status: BTreeMap<&'static str, usize>,
    /// Active runs, by who has them; those that nobody has under the empty name.
    in_hand: BTreeMap<String, usize>,
    /// All checkpoints that there are.
    steps: i64,
}

impl Overview {
    pub(crate) async fn look(scoop: &Scoop) -> anyhow::Result<Self> {
        let mut overview = Self::default();
        each(scoop, None, |run| overview.add(run)).await?;
        Ok(overview)
    }

    fn add(&mut self, run: &RunRow) {
        *self.by_status.entry(run.status.as_str()).or_default() += 1;
        self.steps += run.seq.0;
        if run.status.is_active() {
            let owner = run.owner.as_ref().map_or("", |owner| owner.0.as_str());
            *self.in_hand.entry(owner.to_owned()).or_default() += 1;
        }
    }

    pub(crate) fn count(&self, status: RunStatus) -> usize {
        let count = self.by_status.get(status.as_str());
        count.copied().unwrap_or_default()
    }

    pub(crate) fn active(&self) -> usize {
        self.in_hand.values().sum()
    }
}

/// Looks at each run, of one saga or of all, page by page.
pub(crate) async fn each(
    scoop: &Scoop,
    saga: Option<&str>,
    mut look: impl FnMut(&RunRow),
) -> anyhow::Result<()> {
    let mut page = RunFilter {
        saga: saga.map(str::to_owned),
        limit: 1_000,
        ..RunFilter::default()
    };
    loop {
        let runs = scoop.admin().list(&page).await?;
        runs.iter().for_each(&mut look);
        match runs.last() {
            Some(last) => page.after = Some(last.id),
            None => return Ok(()),
        }
    }
}

/// Prints one overview after the other: over the one before on a terminal, else as a line.
#[derive(Default)]
pub(crate) struct Screen {
    steps: Option<i64>,
    lines: usize,
}

impl Screen {
    pub(crate) fn show(&mut self, second: u64, overview: &Overview, workers: &[Seen]) {
        let before = self.steps.replace(overview.steps).unwrap_or_default();
        let sums = [
            RunStatus::Running,
            RunStatus::RollingBack,
            RunStatus::Completed,
        ]
        .into_iter()
        .chain([RunStatus::RolledBack, RunStatus::Stuck])
        .map(|status| format!("{} {status}", overview.count(status)));
        let sums = sums.collect::<Vec<_>>().join(", ");
        let sums = format!("{second} s: {sums}; {} steps/s", overview.steps - before);
        if std::io::stdout().is_terminal() {
            self.draw(&table(overview, workers), &sums);
        } else {
            println!("{sums}; {}", line(overview, workers));
        }
    }

    fn draw(&mut self, table: &str, sums: &str) {
        let mut text = String::new();
        if self.lines > 0 {
            // Up to the first line of the one before, and nothing from there on.
            let _ = write!(text, "\x1b[{}A\x1b[J", self.lines);
        }
        let _ = write!(text, "{table}{sums}");
        self.lines = text.lines().count();
        let mut out = std::io::stdout();
        drop(writeln!(out, "{text}").and_then(|()| out.flush()));
    }
}

fn in_hand(overview: &Overview, worker: &Seen) -> usize {
    let count = overview.in_hand.get(&worker.name);
    count.copied().unwrap_or_default()
}

/// What no worker has that there is: nobody, or a name that is gone.
fn left(overview: &Overview, workers: &[Seen]) -> usize {
    let had: usize = workers.iter().map(|worker| in_hand(overview, worker)).sum();
    overview.active() - had
}

fn table(overview: &Overview, workers: &[Seen]) -> String {
    let mut table = format!(
        "{:<10}{:<10}{:>8}{:>14}\n",
        "worker", "state", "pid", "runs in hand"
    );
    for worker in workers {
        let pid = worker.pid.map(|pid| pid.to_string()).unwrap_or_default();
        let runs = in_hand(overview, worker);
        let _ = writeln!(
            table,
            "{:<10}{:<10}{pid:>8}{runs:>14}",
            worker.name, worker.state
        );
    }
    let _ = writeln!(table, "{:<28}{:>14}", "nobody", left(overview, workers));
    table
}

fn line(overview: &Overview, workers: &[Seen]) -> String {
    let mut line = String::new();
    for worker in workers {
        let runs = in_hand(overview, worker);
        let pid = worker
            .pid
            .map(|pid| format!(" ({pid})"))
            .unwrap_or_default();
        let _ = write!(line, "{} {}{pid}: {runs}, ", worker.name, worker.state);
    }
    let _ = write!(line, "nobody: {}", left(overview, workers));
    line
}
