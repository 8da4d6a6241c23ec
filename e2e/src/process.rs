//! A child process that is always gone in the end, whose log is shown when the test fails.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use galapagos_protocol::ends::Code;
use rustix::process::{Pid, Signal, kill_process};

/// Lines of a log that a failed test shows.
const TAIL: usize = 30;

/// A running (or ended) program.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
    log: PathBuf,
    ended: Option<ExitStatus>,
}

impl Process {
    /// Starts a program; what it prints is appended to `log`.
    pub fn start(name: &str, mut command: Command, log: &Path) -> Process {
        let out = File::options().create(true).append(true).open(log).unwrap();
        command.stdout(out.try_clone().unwrap()).stderr(out).stdin(Stdio::null());
        let child = command.spawn().unwrap_or_else(|e| panic!("{name} does not start: {e}"));
        Process { name: name.to_owned(), child, log: log.to_owned(), ended: None }
    }

    /// Its number in the system.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal; nothing if it has ended.
    pub fn signal(&mut self, signal: Signal) {
        if self.poll().is_none() {
            // Not reaped yet, so the number is still this child's.
            kill_process(Pid::from_child(&self.child), signal).unwrap();
        }
    }

    /// `kill -9`, and waits until it is gone.
    pub fn kill(&mut self) {
        self.signal(Signal::KILL);
        self.ended = Some(self.child.wait().unwrap());
    }

    /// How it ended, if it has.
    pub fn poll(&mut self) -> Option<ExitStatus> {
        if self.ended.is_none() {
            self.ended = self.child.try_wait().unwrap();
        }
        self.ended
    }

    /// Whether it still runs when the time is over.
    pub fn outlives(&mut self, time: Duration) -> bool {
        let end = Instant::now() + time;
        loop {
            if self.poll().is_some() {
                return false;
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return true;
            }
            std::thread::sleep(left.min(Duration::from_millis(2)));
        }
    }

    /// Waits for its end.
    ///
    /// # Panics
    /// It takes longer than `limit`.
    pub fn wait(&mut self, limit: Duration) -> ProcessEnd {
        assert!(!self.outlives(limit), "{} still runs after {limit:?}\n{}", self.name, self.tail());
        self.end().unwrap()
    }

    /// How it ended, by the exit codes that docs/worker.md lists.
    pub fn end(&mut self) -> Option<ProcessEnd> {
        use std::os::unix::process::ExitStatusExt;
        let status = self.poll()?;
        Some(match (status.code(), status.signal()) {
            (Some(code), _) => ProcessEnd::Code(code),
            (None, signal) => ProcessEnd::Signal(signal.unwrap_or_default()),
        })
    }

    /// Whether it is stopped by a signal.
    pub fn is_stopped(&mut self) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.id())).unwrap_or_default();
        stat.rsplit_once(')').is_some_and(|(_, rest)| rest.trim_start().starts_with('T'))
    }

    /// CPU seconds used so far and the most memory held at once, in bytes; `None` when it has ended.
    pub fn usage(&mut self) -> Option<(f64, u64)> {
        let folder = PathBuf::from(format!("/proc/{}", self.poll().is_none().then(|| self.id())?));
        let stat = std::fs::read_to_string(folder.join("stat")).ok()?;
        // The name may hold anything; what follows its last bracket are numbers, the 12th and 13th of them times.
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        let ticks: u64 = fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?;
        let status = std::fs::read_to_string(folder.join("status")).ok()?;
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        let kilobytes: u64 = peak.trim().trim_end_matches("kB").trim().parse().ok()?;
        Some((ticks as f64 / rustix::param::clock_ticks_per_second() as f64, kilobytes * 1024))
    }

    /// The last lines of its log.
    pub fn tail(&self) -> String {
        let text = std::fs::read(&self.log).map(|b| String::from_utf8_lossy(&b).into_owned());
        let text = text.unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        let tail = &lines[lines.len().saturating_sub(TAIL)..];
        format!("-- {} ({})\n{}", self.name, self.log.display(), tail.join("\n"))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.poll().is_none() {
            // A stopped process dies of SIGKILL too.
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
        if std::thread::panicking() {
            eprintln!("{}", self.tail());
        }
    }
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProcessEnd {
    /// With an exit code.
    Code(i32),
    /// By a signal.
    Signal(i32),
}

impl ProcessEnd {
    /// The job is done.
    pub const DONE: ProcessEnd = ProcessEnd::Code(0);
    /// The data are not there.
    pub const DATA_MISSING: ProcessEnd = ProcessEnd::Code(Code::DataMissing.number());
    /// The data are damaged or changed.
    pub const DATA_INVALID: ProcessEnd = ProcessEnd::Code(Code::DataInvalid.number());
    /// The state folder cannot be written.
    pub const STATE_NOT_WRITABLE: ProcessEnd = ProcessEnd::Code(Code::StateNotWritable.number());
    /// A newer attempt has taken over.
    pub const OLDER_EPOCH: ProcessEnd = ProcessEnd::Code(Code::OlderEpoch.number());
    /// Determinism is broken, or a bug.
    pub const INTERNAL: ProcessEnd = ProcessEnd::Code(Code::Internal.number());
    /// Stopped by SIGTERM.
    pub const TERMINATED: ProcessEnd = ProcessEnd::Code(Code::Terminated.number());

    /// Another attempt would end the same way.
    pub fn is_permanent(self) -> bool {
        matches!(self, ProcessEnd::Code(code) if Code::from_number(code).is_some_and(Code::is_permanent))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sleeper(folder: &Path) -> Process {
        let mut command = Command::new("sleep");
        command.arg("60");
        Process::start("sleep", command, &folder.join("log"))
    }

    #[test]
    fn a_killed_process_is_seen_as_killed() {
        let folder = tempfile::tempdir().unwrap();
        let mut process = sleeper(folder.path());
        assert!(process.outlives(Duration::from_millis(20)));
        process.kill();
        assert_eq!(process.end(), Some(ProcessEnd::Signal(9)));
    }

    #[test]
    fn a_stopped_process_is_gone_with_its_value() {
        let folder = tempfile::tempdir().unwrap();
        let mut process = sleeper(folder.path());
        process.signal(Signal::STOP);
        let id = Pid::from_child(&process.child);
        drop(process);
        assert!(rustix::process::test_kill_process(id).is_err());
    }
}
