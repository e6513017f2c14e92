//! Three workers and what happens to them: killed, paused, continued and restarted by chance, or replaced
//! one after the other, as a deploy does it.

use std::fmt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use scoop_testserver::VARIABLE;

use super::chance::Chance;
use super::process::Process;
use super::serve::DECLARED_DEAD;

const WORKERS: usize = 3;
/// No worker may take longer to end in order: steps end well before.
const PATIENCE: Duration = Duration::from_secs(20);

/// One worker as the table shows it.
pub(crate) struct Seen {
    pub(crate) name: String,
    pub(crate) state: &'static str,
    pub(crate) pid: Option<u32>,
}

#[derive(Default)]
struct Worker {
    name: String,
    process: Option<Process>,
    is_paused: bool,
    /// Since when it is told to end.
    ending: Option<Instant>,
}

impl Worker {
    /// Asks it to end in order.
    fn tell(&mut self) -> anyhow::Result<()> {
        if let Some(process) = &self.process {
            process.terminate()?;
            self.ending = Some(Instant::now());
        }
        Ok(())
    }
}

/// What was done.
#[derive(Debug, Default)]
pub(crate) struct Count {
    started: u32,
    killed: u32,
    paused: u32,
    declared_dead: u32,
    /// How many were told to end so that they are replaced.
    told: u32,
    replaced: u32,
    slowest_end: Duration,
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            started,
            killed,
            paused,
            declared_dead,
            told: _,
            replaced,
            slowest_end,
        } = self;
        write!(
            f,
            "{started} started, {killed} killed, {paused} paused, {declared_dead} declared dead, \
             {replaced} replaced; told to end, the slowest took {:.1} s",
            slowest_end.as_secs_f32()
        )
    }
}

pub(crate) struct Fleet {
    url: String,
    lease: Duration,
    workers: Vec<Worker>,
    pub(crate) count: Count,
}

impl Fleet {
    pub(crate) fn start(url: &str, lease: Duration) -> anyhow::Result<Self> {
        let mut fleet = Self {
            url: url.to_owned(),
            lease,
            workers: (0..WORKERS).map(|_| Worker::default()).collect(),
            count: Count::default(),
        };
        (0..WORKERS).try_for_each(|number| fleet.restart(number, true))?;
        Ok(fleet)
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        let seen = |worker: &Worker| Seen {
            name: worker.name.clone(),
            state: match &worker.process {
                None => "dead",
                Some(_) if worker.is_paused => "paused",
                Some(_) if worker.ending.is_some() => "ending",
                Some(_) => "running",
            },
            pid: worker.process.as_ref().map(Process::id),
        };
        self.workers.iter().map(seen).collect()
    }

    /// Does something to one of them; one at least is left that works.
    pub(crate) fn act(&mut self, chance: &mut Chance) -> anyhow::Result<()> {
        let (number, what) = (chance.below(WORKERS), chance.below(4));
        let works = |worker: &Worker| worker.process.is_some() && !worker.is_paused;
        let is_last = self.workers.iter().filter(|worker| works(worker)).count() < 2;
        let worker = &mut self.workers[number];
        let Some(process) = &mut worker.process else {
            // Under a new name now and then: what the old one had is free when its lease is over.
            return self.restart(number, what == 0);
        };
        match (what, worker.is_paused) {
            (0, true) => self.count.killed += u32::from(process.kill()?),
            (_, true) => {
                process.go_on()?;
                worker.is_paused = false;
            }
            (_, false) if is_last => {}
            (0 | 1, false) => self.count.killed += u32::from(process.kill()?),
            (_, false) => {
                process.pause()?;
                worker.is_paused = true;
                self.count.paused += 1;
            }
        }
        Ok(())
    }

    /// Sees who has ended, and whether as he may.
    pub(crate) fn tend(&mut self) -> anyhow::Result<()> {
        for worker in &mut self.workers {
            let Some(process) = &mut worker.process else {
                continue;
            };
            let late = worker
                .ending
                .is_some_and(|since| since.elapsed() > PATIENCE);
            let Some(status) = process.ended()? else {
                ensure!(!late, "{} does not end", worker.name);
                continue;
            };
            let asked = worker.ending.take();
            match status.code() {
                // A signal: it was killed.
                None => {}
                Some(DECLARED_DEAD) => self.count.declared_dead += 1,
                Some(0) if asked.is_some() => {
                    let took = asked.map(|since| since.elapsed()).unwrap_or_default();
                    self.count.slowest_end = self.count.slowest_end.max(took);
                }
                Some(_) => bail!("{} ended by itself: {status}", worker.name),
            }
            worker.process = None;
            worker.is_paused = false;
        }
        Ok(())
    }

    /// Tells one after the other to end when it is time, and starts another in its place when it has.
    pub(crate) fn deploy(&mut self, is_time: impl Fn(u32) -> bool) -> anyhow::Result<()> {
        let told = self.count.told;
        if let Some(gone) = self.workers.iter().position(|one| one.process.is_none()) {
            self.count.replaced += 1;
            return self.restart(gone, true);
        }
        if told == self.count.replaced
            && is_time(told)
            && let Some(worker) = self.workers.get_mut(told as usize)
        {
            self.count.told += 1;
            worker.tell()?;
        }
        Ok(())
    }

    /// Whether all are there, and nobody was told to end who has not been replaced.
    pub(crate) fn is_whole(&self) -> bool {
        let is_there = |worker: &Worker| worker.process.is_some() && worker.ending.is_none();
        self.workers.iter().all(is_there)
    }

    /// Continues and restarts all.
    pub(crate) fn mend(&mut self) -> anyhow::Result<()> {
        for number in 0..WORKERS {
            let worker = &mut self.workers[number];
            match &worker.process {
                None => self.restart(number, false)?,
                Some(process) if worker.is_paused => process.go_on()?,
                Some(_) => {}
            }
            self.workers[number].is_paused = false;
        }
        Ok(())
    }

    /// Ends all in order.
    pub(crate) async fn end(mut self) -> anyhow::Result<Count> {
        for worker in &mut self.workers {
            worker.tell()?;
        }
        while self.workers.iter().any(|worker| worker.process.is_some()) {
            self.tend()?;
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(self.count)
    }

    fn restart(&mut self, number: usize, renamed: bool) -> anyhow::Result<()> {
        let worker = &mut self.workers[number];
        self.count.started += 1;
        if renamed {
            worker.name = format!("w{}.{}", number + 1, self.count.started);
        }
        let mut command = Command::new(std::env::current_exe()?);
        command
            .args([
                "--serve",
                &worker.name,
                "--lease",
                &self.lease.as_secs().to_string(),
            ])
            .env(VARIABLE, &self.url)
            // It reads the end of it when this process is gone.
            .stdin(Stdio::piped())
            .stdout(Stdio::null());
        let process = Process::start(&mut command);
        worker.process = Some(process.with_context(|| format!("cannot start {}", worker.name))?);
        Ok(())
    }
}
