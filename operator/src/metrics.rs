//! What the operator counts, for Prometheus. Labels come from closed lists: never an object's name, a namespace or
//! the text of an error.

use std::fmt;
use std::time::Duration;

use galapagos_crds::conditions::StalledReason;
use galapagos_crds::status::{Phase, Validated};
use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use crate::runtime;
use crate::runtime::metrics::label;
use crate::watches;

label! {
    /// Whose reconcile.
    Controller {
        /// Of EvolutionJobs.
        EvolutionJob = "evolution_job",
        /// Of WorkerPools.
        WorkerPool = "worker_pool",
    }
}

label! {
    /// How a reconcile ended.
    Outcome {
        /// To its end; what is awaited is no error.
        Completed = "completed",
        /// Another writer was faster: it starts again.
        Conflict = "conflict",
        /// An error; it is tried again after a back-off.
        Failed = "failed",
        /// A mistake of the operator's own, caught: tried again after a back-off, and no other object notices.
        Panicked = "panicked",
    }
}

label! {
    /// Whether the find of a job that completed passes its gates.
    Verdict {
        /// It passes all of them.
        True = "true",
        /// It fails one.
        False = "false",
        /// That cannot be told, or nobody told it.
        Unknown = "unknown",
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct VerdictLabels {
    validated: Verdict,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReconcileLabels {
    controller: Controller,
    outcome: Outcome,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ControllerLabels {
    controller: Controller,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PhaseLabels {
    phase: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StalledLabels {
    reason: &'static str,
}

/// A reconcile is some cached look-ups and at most a few requests of some milliseconds; ten seconds is the deadline
/// of one request.
const SECONDS: [f64; 10] = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 30.0];

/// Every phase, so that a phase without jobs reads 0 instead of its last value.
const PHASES: [(Phase, &str); 6] = [
    (Phase::Pending, "Pending"),
    (Phase::Preparing, "Preparing"),
    (Phase::Running, "Running"),
    (Phase::Suspended, "Suspended"),
    (Phase::Succeeded, "Succeeded"),
    (Phase::Failed, "Failed"),
];

/// All counters and gauges of the process.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    /// Of writes, watches, leadership and events.
    pub runtime: runtime::metrics::Metrics,
    reconciles: Family<ReconcileLabels, Counter>,
    reconcile_seconds: Family<ControllerLabels, Histogram>,
    jobs: Family<PhaseLabels, Gauge>,
    stalled: Family<StalledLabels, Gauge>,
    completed: Family<VerdictLabels, Counter>,
    queued: Gauge,
    workers_desired: Gauge,
    workers_ready: Gauge,
    streams: Gauge,
}

impl Default for Metrics {
    fn default() -> Metrics {
        Metrics::new()
    }
}

impl Metrics {
    /// All of them at zero.
    pub fn new() -> Metrics {
        let mut metrics = Metrics {
            registry: Registry::with_prefix("galapagos_operator"),
            runtime: runtime::metrics::Metrics::new(),
            reconciles: Family::default(),
            reconcile_seconds: Family::new_with_constructor(|| Histogram::new(SECONDS)),
            jobs: Family::default(),
            stalled: Family::default(),
            completed: Family::default(),
            queued: Gauge::default(),
            workers_desired: Gauge::default(),
            workers_ready: Gauge::default(),
            streams: Gauge::default(),
        };
        metrics.register();
        for watch in watches::ALL {
            metrics.runtime.watch_up(watch.name, false);
            metrics.runtime.kind_missing(watch.name, false);
        }
        metrics.jobs(&[]);
        metrics.stalled(&[]);
        metrics
    }

    fn register(&mut self) {
        let registry = &mut self.registry;
        registry.register("reconciles", "Reconciles by controller and outcome", self.reconciles.clone());
        registry.register("reconcile_seconds", "Duration of reconciles", self.reconcile_seconds.clone());
        self.runtime.register(registry);
        registry.register("jobs", "EvolutionJobs by phase", self.jobs.clone());
        registry.register("jobs_stalled", "EvolutionJobs that wait for a person", self.stalled.clone());
        registry.register(
            "jobs_validated",
            "EvolutionJobs that completed, by the verdict about their find",
            self.completed.clone(),
        );
        registry.register("jobs_queued", "EvolutionJobs that wait to be admitted", self.queued.clone());
        registry.register("workers_desired", "Workers wanted by all jobs", self.workers_desired.clone());
        registry.register("workers_ready", "Workers that are ready", self.workers_ready.clone());
        registry.register("progress_streams", "Open progress streams to coordinators", self.streams.clone());
    }

    /// A reconcile ended.
    pub fn reconciled(&self, controller: Controller, outcome: Outcome, took: Duration) {
        self.reconciles.get_or_create(&ReconcileLabels { controller, outcome }).inc();
        self.reconcile_seconds.get_or_create(&ControllerLabels { controller }).observe(took.as_secs_f64());
    }

    /// Jobs by phase; a phase that is not named has none.
    pub fn jobs(&self, counts: &[(Phase, usize)]) {
        for (phase, name) in PHASES {
            let count = counts.iter().filter(|(p, _)| *p == phase).map(|(_, n)| *n).sum::<usize>();
            self.jobs
                .get_or_create(&PhaseLabels { phase: name })
                .set(i64::try_from(count).unwrap_or(i64::MAX));
        }
    }

    /// Why jobs wait for a person, once for each of them; a reason that is not named has none, and reads 0.
    pub fn stalled(&self, jobs: &[StalledReason]) {
        for reason in StalledReason::ALL {
            let count = jobs.iter().filter(|r| *r == reason).count();
            self.stalled
                .get_or_create(&StalledLabels { reason: reason.as_str() })
                .set(i64::try_from(count).unwrap_or(i64::MAX));
        }
    }

    /// A job ended with a result; with the verdict about its find, if it was told.
    pub fn completed(&self, verdict: Option<Validated>) {
        let validated = match verdict {
            Some(Validated::True) => Verdict::True,
            Some(Validated::False) => Verdict::False,
            Some(Validated::Unknown) | None => Verdict::Unknown,
        };
        self.completed.get_or_create(&VerdictLabels { validated }).inc();
    }

    /// Jobs that wait to be admitted.
    pub fn queued(&self, count: usize) {
        self.queued.set(i64::try_from(count).unwrap_or(i64::MAX));
    }

    /// Workers of all jobs.
    pub fn workers(&self, desired: i64, ready: i64) {
        self.workers_desired.set(desired);
        self.workers_ready.set(ready);
    }

    /// Open progress streams.
    pub fn streams(&self, count: usize) {
        self.streams.set(i64::try_from(count).unwrap_or(i64::MAX));
    }

    /// Another replica counts from now on: what this one counted last must not be added to it.
    pub fn leads_no_more(&self) {
        self.jobs(&[]);
        self.stalled(&[]);
        self.queued(0);
        self.workers(0, 0);
        self.streams(0);
    }

    /// The text of `/metrics`, in OpenMetrics format.
    pub fn text(&self) -> Result<String, fmt::Error> {
        let mut out = String::new();
        text::encode(&mut out, &self.registry)?;
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::metrics::{Verb, WriteOutcome};

    #[test]
    fn a_phase_without_jobs_reads_zero() {
        let metrics = Metrics::new();
        metrics.jobs(&[(Phase::Running, 3)]);
        metrics.jobs(&[(Phase::Failed, 1)]);
        let text = metrics.text().unwrap();
        assert!(text.contains("galapagos_operator_jobs{phase=\"Running\"} 0\n"), "{text}");
        assert!(text.contains("galapagos_operator_jobs{phase=\"Failed\"} 1\n"), "{text}");
    }

    #[test]
    fn a_reason_for_which_no_job_waits_reads_zero() {
        let metrics = Metrics::new();
        metrics.stalled(&[StalledReason::StateNotWritable, StalledReason::StateNotWritable]);
        let stalled = |reason: &str, count: u32| {
            let line = format!("galapagos_operator_jobs_stalled{{reason=\"{reason}\"}} {count}\n");
            let text = metrics.text().unwrap();
            assert!(text.contains(&line), "{line} is missing in\n{text}");
        };
        stalled("StateNotWritable", 2);
        stalled("QuotaExceeded", 0);
        metrics.stalled(&[]);
        stalled("StateNotWritable", 0);
    }

    #[test]
    fn labels_come_from_closed_lists() {
        let metrics = Metrics::new();
        metrics.runtime.wrote(Verb::Create, "Secret", WriteOutcome::Done);
        metrics.reconciled(Controller::EvolutionJob, Outcome::Completed, Duration::from_millis(20));
        metrics.runtime.event("Queued");
        metrics.completed(Some(Validated::False));
        metrics.completed(None);
        let text = metrics.text().unwrap();
        for line in [
            "galapagos_operator_writes_total{verb=\"create\",kind=\"Secret\",outcome=\"done\"} 1\n",
            "galapagos_operator_reconciles_total{controller=\"evolution_job\",outcome=\"completed\"} 1\n",
            "galapagos_operator_jobs_validated_total{validated=\"false\"} 1\n",
            "galapagos_operator_jobs_validated_total{validated=\"unknown\"} 1\n",
            "galapagos_operator_events_total{reason=\"Queued\"} 1\n",
            "galapagos_operator_watch_up{watch=\"evolution_jobs\"} 0\n",
        ] {
            assert!(text.contains(line), "{line} is missing in\n{text}");
        }
    }
}
