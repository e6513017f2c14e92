//! What `/proc` says of processes: processor time and memory. Where there is no `/proc`, nothing.

use std::fs;
use std::time::Duration;

/// The kernel counts in hundredths of a second wherever Rust runs.
const TICK: Duration = Duration::from_millis(10);

/// Of `/proc/<pid>/stat`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stat {
    parent: u32,
    /// User and system time of the process itself.
    own: u32,
    /// That of its children which have ended.
    ended: u32,
}

/// The processor time of this process.
pub(crate) fn own_time() -> Option<Duration> {
    stat("self").map(|stat| TICK * stat.own)
}

/// The processor time of the server to which `backend` belongs: its postmaster, all that have
/// ended, and all that live.
pub(crate) fn server_time(backend: u32) -> Option<Duration> {
    let name = fs::read_to_string(format!("/proc/{backend}/comm")).ok()?;
    if !name.starts_with("postgres") {
        return None;
    }
    let postmaster = stat(&backend.to_string())?.parent;
    loop {
        let before = stat(&postmaster.to_string())?;
        let living = living(postmaster)?;
        // One that ended while the others were asked is in neither sum.
        if stat(&postmaster.to_string())?.ended == before.ended {
            return Some(TICK * (before.own + before.ended + living));
        }
    }
}

/// The ticks of the children of a process.
fn living(parent: u32) -> Option<u32> {
    let mut ticks = 0;
    for entry in fs::read_dir("/proc").ok()?.flatten() {
        let name = entry.file_name();
        let process = name.to_str().and_then(|name| name.parse::<u32>().ok());
        let stat = process.and_then(|process| stat(&process.to_string()));
        if let Some(child) = stat.filter(|stat| stat.parent == parent) {
            ticks += child.own;
        }
    }
    Some(ticks)
}

/// The memory of this process that is in use, in bytes.
pub(crate) fn own_memory() -> Option<u64> {
    resident(&fs::read_to_string("/proc/self/status").ok()?)
}

fn stat(process: &str) -> Option<Stat> {
    parse(&fs::read_to_string(format!("/proc/{process}/stat")).ok()?)
}

/// The second field is the program's name in parentheses, which may hold anything.
fn parse(text: &str) -> Option<Stat> {
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_ascii_whitespace().collect();
    let number = |place: usize| -> Option<u32> { fields.get(place - 3)?.parse().ok() };
    Some(Stat {
        parent: number(4)?,
        own: number(14)? + number(15)?,
        ended: number(16)? + number(17)?,
    })
}

fn resident(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes: u64 = line?.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kilobytes * 1_024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_program_may_hold_anything() {
        let text = "12 (a ) b) S 7 12 12 0 -1 4 1 2 3 4 100 20 3 4 20 0 1 0 9 9 9";
        let found = Stat {
            parent: 7,
            own: 120,
            ended: 7,
        };
        assert_eq!(parse(text), Some(found));
        assert_eq!(parse("12 (cut off) S"), None);
    }

    #[test]
    fn memory_is_told_in_bytes() {
        let status = "Name:\tx\nVmRSS:\t    2048 kB\nThreads:\t1\n";
        assert_eq!(resident(status), Some(2_097_152));
        assert_eq!(resident("Name:\tx\n"), None);
    }

    #[test]
    fn this_process_has_used_some_of_both() {
        if cfg!(target_os = "linux") {
            assert!(own_time().is_some());
            assert!(own_memory().unwrap() > 100_000);
        }
    }
}
