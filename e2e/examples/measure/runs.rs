//! One job, run in process and on workers, with what it used.

use std::path::PathBuf;
use std::time::Duration;

use galapagos_e2e::cluster::Cluster;
use galapagos_e2e::jobs::Job;
use galapagos_e2e::outcome::published;
use galapagos_e2e::process::{Process, ProcessEnd};
use galapagos_e2e::program;
use galapagos_e2e::scratch::Scratch;

const LIMIT: Duration = Duration::from_secs(900);
/// How often CPU times are read: what happens after the last reading is not counted.
const STEP: Duration = Duration::from_millis(5);

/// A job and its data.
pub struct Case {
    scratch: Scratch,
    job: PathBuf,
}

/// What a run used.
pub struct Used {
    /// Seconds of each generation but the first, in which everything is new.
    pub generations: Vec<f64>,
    /// CPU seconds of all processes.
    pub cpu: f64,
    /// Of these, the coordinator's.
    pub coordinator_cpu: f64,
    /// Bytes of memory the coordinator held at most, pages of files included.
    pub coordinator_memory: u64,
    /// Of these, what no file is behind: what a limit kills for.
    pub coordinator_anonymous: u64,
}

impl Case {
    /// A walk of so many bars and a job on it.
    pub fn new(bars: u32, job: &Job) -> Case {
        Case::with_manifest(bars, &job.manifest())
    }

    /// The same with a manifest of its own.
    pub fn with_manifest(bars: u32, manifest: &str) -> Case {
        let scratch = Scratch::with_walk(bars);
        let job = scratch.write("job.yaml", manifest);
        Case { scratch, job }
    }

    /// On threads of one process.
    pub fn in_process(&self, slots: usize) -> Used {
        let results = self.scratch.folder("in-process");
        let mut command = program::galapagos();
        command.arg("run").arg(&self.job).arg("--data-dir").arg(self.scratch.data());
        command.arg("--results-dir").arg(&results).args(["--slots", &slots.to_string()]);
        let mut process =
            Process::start("galapagos run", command, &self.scratch.path().join("in-process.log"));
        let mut cpu = 0.0;
        while process.outlives(STEP) {
            cpu = process.usage().map_or(cpu, |(cpu, _)| cpu);
        }
        assert_eq!(process.wait(LIMIT), ProcessEnd::DONE);
        let generations = generations(&results);
        std::fs::remove_dir_all(results).unwrap();
        Used { generations, cpu, coordinator_cpu: 0.0, coordinator_memory: 0, coordinator_anonymous: 0 }
    }

    /// On a coordinator and worker processes of one slot each.
    pub fn on_workers(&self, workers: usize) -> Used {
        let mut cluster = Cluster::new(&self.scratch, "cluster", &self.job, 1);
        cluster.start_coordinator();
        let addresses = cluster.connect().unwrap();
        // Not through the proxy: it would take a share of the two cores.
        for _ in 0..workers {
            cluster.start_worker_at(addresses.work);
        }
        let mut coordinator = cluster.coordinator.take().unwrap().process;
        let (mut own, mut memory, mut anonymous, mut others) = (0.0, 0, 0, vec![0.0; workers]);
        while coordinator.outlives(STEP) {
            (own, memory) = coordinator.usage().unwrap_or((own, memory));
            anonymous = anonymous.max(anonymous_of(coordinator.id()).unwrap_or(0));
            for (seconds, (worker, _)) in others.iter_mut().zip(&mut cluster.workers) {
                *seconds = worker.usage().map_or(*seconds, |(cpu, _)| cpu);
            }
        }
        assert_eq!(coordinator.wait(LIMIT), ProcessEnd::DONE);
        let generations = generations(cluster.state());
        std::fs::remove_dir_all(cluster.folder()).unwrap();
        let cpu = own + others.iter().sum::<f64>();
        Used {
            generations,
            cpu,
            coordinator_cpu: own,
            coordinator_memory: memory,
            coordinator_anonymous: anonymous,
        }
    }
}

fn anonymous_of(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"))?;
    Some(line.trim().trim_end_matches("kB").trim().parse::<u64>().ok()? * 1024)
}

fn generations(state: &std::path::Path) -> Vec<f64> {
    let (_, document) = published(state).unwrap();
    let all = document["generations"].as_array().unwrap();
    all.iter().skip(1).map(|g| g["seconds"].as_f64().unwrap()).collect()
}

/// The middle one.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}
