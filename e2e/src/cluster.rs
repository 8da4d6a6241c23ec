//! Coordinator and workers of one job as processes, restarted as a cluster restarts them.
//!
//! Workers reach the coordinator through a [`Proxy`], whose address stays while coordinators come and go.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::certificates::Certificates;
use crate::outcome::{Outcome, newest_checkpoint};
use crate::process::{Process, ProcessEnd};
use crate::program;
use crate::proxy::Proxy;
use crate::scratch::Scratch;

/// How long anything that should happen may take on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// A coordinator process of one attempt.
#[derive(Debug)]
pub struct Coordinator {
    /// The process.
    pub process: Process,
    /// Number of the attempt.
    pub attempt: u64,
    ready: PathBuf,
    message: PathBuf,
}

/// Where a coordinator listens.
#[derive(Clone, Copy, Debug)]
pub struct Addresses {
    /// For workers.
    pub work: SocketAddr,
    /// For operators.
    pub progress: SocketAddr,
}

impl Coordinator {
    /// Where it listens, once it does.
    pub fn addresses(&self) -> Option<Addresses> {
        let found: Value = serde_json::from_slice(&std::fs::read(&self.ready).ok()?)
            .expect("the ready file appears whole or not at all");
        let address = |name: &str| found[name].as_str().unwrap().parse().unwrap();
        Some(Addresses { work: address("work"), progress: address("progress") })
    }

    /// Waits until it listens; `None` if it ends before.
    ///
    /// # Panics
    /// Neither happens in time.
    pub fn listening(&mut self) -> Option<Addresses> {
        let begun = Instant::now();
        while self.process.poll().is_none() {
            if let Some(addresses) = self.addresses() {
                return Some(addresses);
            }
            assert!(begun.elapsed() < PATIENCE, "it does not listen\n{}", self.process.tail());
            std::thread::sleep(Duration::from_millis(2));
        }
        None
    }

    /// What it left for whoever reads the finished pod.
    pub fn message(&self) -> String {
        std::fs::read_to_string(&self.message).unwrap_or_default()
    }
}

/// One job on processes of its own.
#[derive(Debug)]
pub struct Cluster {
    /// Between workers and coordinator.
    pub proxy: Proxy,
    /// The present coordinator.
    pub coordinator: Option<Coordinator>,
    /// The workers, running or not, and where each finds its coordinator.
    pub workers: Vec<(Process, SocketAddr)>,
    /// Certificates of the job.
    pub certificates: Certificates,
    folder: PathBuf,
    job: PathBuf,
    data: PathBuf,
    state: PathBuf,
    attempts: u64,
    started_workers: u64,
    slots: u32,
}

/// UID of every job here.
pub const UID: &str = "0b7e5f2c-0f5e-4c0e-9f5e-2f6f7c1d9a10";

impl Cluster {
    /// Nothing runs yet. State, logs and certificates go to the folder `name` of the scratch.
    pub fn new(scratch: &Scratch, name: &str, job: &Path, seed: u64) -> Cluster {
        let folder = scratch.folder(name);
        let state = folder.join("state");
        std::fs::create_dir_all(&state).unwrap();
        Cluster {
            proxy: Proxy::start(seed),
            coordinator: None,
            workers: Vec::new(),
            certificates: Certificates::issue(&folder.join("certificates"), UID),
            job: job.to_owned(),
            data: scratch.data(),
            state,
            folder,
            attempts: 0,
            started_workers: 0,
            slots: 1,
        }
    }

    /// The same with another data folder for the workers and the coordinator.
    pub fn with_data(mut self, data: &Path) -> Cluster {
        self.data = data.to_owned();
        self
    }

    /// The same with so many slots a worker.
    pub fn with_slots(mut self, slots: u32) -> Cluster {
        self.slots = slots;
        self
    }

    /// The state folder.
    pub fn state(&self) -> &Path {
        &self.state
    }

    /// The folder of everything but the data.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The command of the next attempt of the coordinator, to be changed before [`Cluster::start`].
    pub fn command(&mut self) -> (Command, u64) {
        self.attempts += 1;
        let attempt = self.attempts;
        let mut command = program::worker();
        command.arg("coordinator");
        self.common(&mut command, &self.certificates.coordinator());
        command.arg("--state-dir").arg(&self.state).arg("--attempt").arg(attempt.to_string());
        for name in ["--work-address", "--progress-address", "--http-address"] {
            command.args([name, "127.0.0.1:0"]);
        }
        command.arg("--termination-log").arg(self.file("message", attempt));
        command.arg("--ready-file").arg(self.file("ready", attempt));
        (command, attempt)
    }

    /// Starts an attempt beside the present coordinator, which stays as it is.
    pub fn start(&mut self, command: Command, attempt: u64) -> Coordinator {
        let log = self.folder.join("coordinator.log");
        let process = Process::start(&format!("coordinator, attempt {attempt}"), command, &log);
        let (ready, message) = (self.file("ready", attempt), self.file("message", attempt));
        Coordinator { process, attempt, ready, message }
    }

    /// Starts the next attempt in the place of the present coordinator, without waiting for anything.
    pub fn start_coordinator(&mut self) -> &mut Coordinator {
        let (command, attempt) = self.command();
        let coordinator = self.start(command, attempt);
        self.coordinator.insert(coordinator)
    }

    /// Lets the workers find the present coordinator once it listens. Where it does; `None` if it has ended.
    pub fn connect(&mut self) -> Option<Addresses> {
        let found = self.coordinator.as_mut().and_then(Coordinator::listening);
        if let Some(addresses) = found {
            self.proxy.set_target(addresses.work);
        }
        found
    }

    /// Runs until so many generations are finished.
    ///
    /// # Panics
    /// The coordinator ends before, or it takes too long.
    pub fn run_to_generation(&mut self, generation: u64) {
        let begun = Instant::now();
        self.connect();
        while self.checkpoint() < generation {
            let how = self.run_for(Duration::from_millis(5));
            assert_eq!(how, None, "it ended before generation {generation}");
            assert!(begun.elapsed() < PATIENCE, "generation {generation} does not come");
        }
    }

    /// Lets the present coordinator run for a while, with workers that find it and are restarted. How it ended, if it
    /// has.
    pub fn run_for(&mut self, time: Duration) -> Option<ProcessEnd> {
        let end = Instant::now() + time;
        let mut connected = false;
        loop {
            let coordinator = self.coordinator.as_mut()?;
            if !connected && let Some(addresses) = coordinator.addresses() {
                self.proxy.set_target(addresses.work);
                connected = true;
            }
            let left = end.saturating_duration_since(Instant::now());
            if !coordinator.process.outlives(left.min(Duration::from_millis(10))) {
                return coordinator.process.end();
            }
            if left.is_zero() {
                return None;
            }
            self.restart_workers();
        }
    }

    /// Starts so many workers more.
    pub fn start_workers(&mut self, count: usize) {
        for _ in 0..count {
            self.start_worker_at(self.proxy.address());
        }
    }

    /// Starts a worker that has another address of the coordinator; its number.
    pub fn start_worker_at(&mut self, address: SocketAddr) -> usize {
        let process = self.new_worker(address);
        self.workers.push((process, address));
        self.workers.len() - 1
    }

    /// Starts those workers again that have ended, as a cluster does. How many.
    pub fn restart_workers(&mut self) -> usize {
        let ended: Vec<usize> =
            (0..self.workers.len()).filter(|&n| self.workers[n].0.poll().is_some()).collect();
        for &n in &ended {
            let address = self.workers[n].1;
            self.workers[n].0 = self.new_worker(address);
        }
        ended.len()
    }

    /// Runs attempts until one ends for good, restarting what ends on the way. How the last one ended.
    ///
    /// # Panics
    /// It takes longer than `limit`, or an attempt ends as `allowed` does not say.
    pub fn to_the_end(&mut self, limit: Duration, allowed: impl Fn(ProcessEnd) -> bool) -> ProcessEnd {
        let begun = Instant::now();
        loop {
            if self.coordinator.is_none() {
                self.start_coordinator();
            }
            let left = limit.saturating_sub(begun.elapsed());
            let how = self.run_for(left);
            let tail = self.coordinator.as_ref().map(|c| c.process.tail()).unwrap_or_default();
            let how = how.unwrap_or_else(|| panic!("no end after {limit:?}\n{tail}"));
            if how == ProcessEnd::DONE || how.is_permanent() {
                return how;
            }
            assert!(allowed(how), "{how:?}\n{tail}");
            self.coordinator = None;
        }
    }

    /// Number of the newest checkpoint: finished generations.
    pub fn checkpoint(&self) -> u64 {
        newest_checkpoint(&self.state)
    }

    /// # Panics
    /// The published result is not the expected one.
    pub fn assert_outcome(&self, expected: &Outcome, context: &str) {
        let found = Outcome::read(&self.state).unwrap_or_else(|| panic!("{context}: no result"));
        found.assert_same(expected, context);
    }

    fn new_worker(&mut self, coordinator: SocketAddr) -> Process {
        let number = self.started_workers;
        self.started_workers += 1;
        let mut command = program::worker();
        command.arg("worker").arg("--coordinator").arg(coordinator.to_string());
        self.common(&mut command, &self.certificates.worker());
        command.arg("--slots").arg(self.slots.to_string()).args(["--http-address", ""]);
        Process::start(
            &format!("worker {number}"),
            command,
            &self.folder.join(format!("worker-{number}.log")),
        )
    }

    fn common(&self, command: &mut Command, certificates: &Path) {
        command.arg("--job").arg(&self.job).args(["--job-uid", UID]);
        command.arg("--tls-dir").arg(certificates).arg("--data-dir").arg(&self.data);
    }

    fn file(&self, name: &str, attempt: u64) -> PathBuf {
        self.folder.join(format!("{name}-{attempt}"))
    }
}
