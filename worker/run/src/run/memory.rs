//! How much memory this process may use and uses, from the files the kernel shows it in.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Memory of this process, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// What cannot be taken back without a kill: pages of files (market data are mapped) do not count.
    pub used: u64,
    /// Beyond this the kernel kills. `None`: no limit but the machine's.
    pub limit: Option<u64>,
}

/// The memory of this process now: that of its control group or, without one that limits it, its own.
fn usage() -> Usage {
    usage_below(Path::new("/"))
}

/// The same as it was a moment ago, where asking takes too long: it is several files, which the kernel adds up.
#[derive(Debug)]
pub struct RecentUsage {
    fresh: Duration,
    seen: Mutex<Option<(Instant, Usage)>>,
}

impl RecentUsage {
    /// `fresh`: how old an answer may be.
    pub fn new(fresh: Duration) -> RecentUsage {
        RecentUsage { fresh, seen: Mutex::default() }
    }

    /// The memory of this process.
    pub fn get(&self) -> Usage {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let last = seen.filter(|(at, _)| at.elapsed() < self.fresh);
        seen.insert(last.unwrap_or_else(|| (Instant::now(), usage()))).1
    }
}

/// The same with the kernel's files below another folder.
fn usage_below(root: &Path) -> Usage {
    let groups = read(&root.join("proc/self/cgroup")).unwrap_or_default();
    let limited = groups.lines().filter_map(|line| {
        // hierarchy:controllers:path
        let (_, rest) = line.split_once(':')?;
        let (controllers, path) = rest.split_once(':')?;
        match controllers {
            "" => tightest(&root.join("sys/fs/cgroup"), path, &UNIFIED),
            c if c.split(',').any(|c| c == "memory") => {
                tightest(&root.join("sys/fs/cgroup/memory"), path, &LEGACY)
            }
            _ => None,
        }
    });
    let own = || Usage { used: resident(root).unwrap_or(0), limit: None };
    limited.min_by_key(|usage| room(*usage)).unwrap_or_else(own)
}

/// Names of a version of control groups.
struct Names {
    limit: &'static str,
    used: &'static str,
    files: [&'static str; 2],
}

const UNIFIED: Names =
    Names { limit: "memory.max", used: "memory.current", files: ["active_file", "inactive_file"] };
const LEGACY: Names = Names {
    limit: "memory.limit_in_bytes",
    used: "memory.usage_in_bytes",
    files: ["total_active_file", "total_inactive_file"],
};

/// Limits from here on are the kernel's way to say that there is none.
const UNLIMITED: u64 = 1 << 60;

/// The group with the least room among `path` and those above it. In a container the path may be that of the host:
/// then only the top is there, and it is the container's own.
fn tightest(top: &Path, path: &str, names: &Names) -> Option<Usage> {
    let group: PathBuf = top.join(path.trim_start_matches('/'));
    let groups = group.ancestors().take_while(|folder| folder.starts_with(top));
    groups.filter_map(|folder| limited(folder, names)).min_by_key(|usage| room(*usage))
}

fn limited(folder: &Path, names: &Names) -> Option<Usage> {
    let limit = number(&folder.join(names.limit)).filter(|&limit| limit < UNLIMITED)?;
    let all = number(&folder.join(names.used))?;
    let stat = read(&folder.join("memory.stat")).unwrap_or_default();
    let lines = stat.lines().filter_map(|line| line.split_once(' '));
    let files = lines.filter(|(name, _)| names.files.contains(name));
    let files = files.filter_map(|(_, bytes)| bytes.parse::<u64>().ok()).sum();
    Some(Usage { used: all.saturating_sub(files), limit: Some(limit) })
}

fn room(usage: Usage) -> u64 {
    usage.limit.map_or(u64::MAX, |limit| limit.saturating_sub(usage.used))
}

/// Anonymous memory of this process.
fn resident(root: &Path) -> Option<u64> {
    let status = read(&root.join("proc/self/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

fn number(path: &Path) -> Option<u64> {
    read(path)?.trim().parse().ok()
}

fn read(path: &Path) -> Option<String> {
    fs::read_to_string(path).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(files: &[(&str, &str)]) -> Usage {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        usage_below(root.path())
    }

    const STATUS: (&str, &str) = ("proc/self/status", "Name:\tx\nVmRSS:\t  900 kB\nRssAnon:\t  500 kB\n");

    #[test]
    fn memory_is_looked_at_again_when_the_answer_is_old() {
        let other = Usage { used: u64::MAX, limit: Some(7) };
        for (fresh, again) in [(Duration::MAX, false), (Duration::ZERO, true)] {
            let usage = RecentUsage { fresh, seen: Mutex::new(Some((Instant::now(), other))) };
            assert_eq!(usage.get() != other, again);
        }
    }

    #[test]
    fn a_container_has_the_limit_of_its_group_and_mapped_files_do_not_count() {
        let usage = machine(&[
            STATUS,
            ("proc/self/cgroup", "0::/\n"),
            ("sys/fs/cgroup/memory.max", "1000\n"),
            ("sys/fs/cgroup/memory.current", "800\n"),
            ("sys/fs/cgroup/memory.stat", "anon 500\nfile 300\nactive_file 200\ninactive_file 90\n"),
        ]);
        assert_eq!(usage, Usage { used: 510, limit: Some(1000) });
    }

    #[test]
    fn the_group_with_the_least_room_counts() {
        let usage = machine(&[
            ("proc/self/cgroup", "0::/pods/worker\n"),
            ("sys/fs/cgroup/pods/memory.max", "1000"),
            ("sys/fs/cgroup/pods/memory.current", "990"),
            ("sys/fs/cgroup/pods/worker/memory.max", "600"),
            ("sys/fs/cgroup/pods/worker/memory.current", "100"),
        ]);
        assert_eq!(usage, Usage { used: 990, limit: Some(1000) });
    }

    #[test]
    fn groups_of_the_first_version_count() {
        let usage = machine(&[
            ("proc/self/cgroup", "5:cpu:/x\n4:memory:/docker/abc\n0::/\n"),
            ("sys/fs/cgroup/memory/memory.limit_in_bytes", "4096"),
            ("sys/fs/cgroup/memory/memory.usage_in_bytes", "2048"),
            ("sys/fs/cgroup/memory/memory.stat", "inactive_file 5\ntotal_inactive_file 40\n"),
        ]);
        assert_eq!(usage, Usage { used: 2008, limit: Some(4096) });
    }

    #[test]
    fn without_a_limit_the_process_knows_only_itself() {
        let own = Usage { used: 500 * 1024, limit: None };
        assert_eq!(machine(&[STATUS]), own);
        let open = [
            STATUS,
            ("proc/self/cgroup", "4:memory:/\n0::/\n"),
            ("sys/fs/cgroup/memory.max", "max\n"),
            ("sys/fs/cgroup/memory.current", "800\n"),
            ("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712"),
            ("sys/fs/cgroup/memory/memory.usage_in_bytes", "2048"),
        ];
        assert_eq!(machine(&open), own);
        assert_eq!(machine(&[]), Usage { used: 0, limit: None });
    }
}
