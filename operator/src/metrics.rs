//! What the operator counts, for Prometheus. Labels come from closed lists: never an object's name, a namespace or
//! the text of an error.

use std::fmt::{self, Write as _};
use std::time::Duration;

use galapagos_crds::conditions::EventReason;
use galapagos_crds::status::Phase;
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use crate::runtime::kube_io::Kind;
use crate::watches::Watch;

/// A closed list of label values.
macro_rules! label {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)+
        }

        impl $name {
            /// The label's value.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $($name::$variant => $text,)+
                }
            }
        }

        impl EncodeLabelValue for $name {
            fn encode(&self, encoder: &mut LabelValueEncoder) -> Result<(), fmt::Error> {
                encoder.write_str(self.as_str())
            }
        }
    };
}

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
    /// What a write does.
    Verb {
        /// POST.
        Create = "create",
        /// Server-side apply.
        Apply = "apply",
        /// Server-side apply of a status.
        Status = "status",
        /// DELETE.
        Delete = "delete",
        /// An event, new or repeated.
        Event = "event",
    }
}

label! {
    /// How a write ended.
    WriteOutcome {
        /// The server did it.
        Done = "done",
        /// Nothing to do: an equal body had been applied, or what was to be created or deleted was or was not there.
        Unchanged = "unchanged",
        /// Not sent, or given up: this process does not lead.
        NotLeader = "not_leader",
        /// 409.
        Conflict = "conflict",
        /// 400, 403, 404, 422: the server said no.
        Refused = "refused",
        /// No answer in time.
        Timeout = "timeout",
        /// Anything else.
        Failed = "failed",
    }
}

label! {
    /// Why a watch broke.
    WatchFailure {
        /// The kind is not installed.
        Missing = "missing",
        /// No right to list or watch.
        Forbidden = "forbidden",
        /// Its place in the history is gone: everything is listed again.
        Expired = "expired",
        /// The server answered with another error.
        Refused = "refused",
        /// No connection, or no answer in time.
        Unreachable = "unreachable",
        /// An object could not be read; it is left out.
        Unreadable = "unreadable",
    }
}

impl EncodeLabelValue for Kind {
    fn encode(&self, encoder: &mut LabelValueEncoder) -> Result<(), fmt::Error> {
        encoder.write_str(self.as_str())
    }
}

impl EncodeLabelValue for Watch {
    fn encode(&self, encoder: &mut LabelValueEncoder) -> Result<(), fmt::Error> {
        encoder.write_str(self.as_str())
    }
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
struct WriteLabels {
    verb: Verb,
    kind: Kind,
    outcome: WriteOutcome,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct WatchLabels {
    watch: Watch,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct WatchFailureLabels {
    watch: Watch,
    failure: WatchFailure,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PhaseLabels {
    phase: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReasonLabels {
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
    reconciles: Family<ReconcileLabels, Counter>,
    reconcile_seconds: Family<ControllerLabels, Histogram>,
    writes: Family<WriteLabels, Counter>,
    watch_failures: Family<WatchFailureLabels, Counter>,
    watch_up: Family<WatchLabels, Gauge>,
    kind_missing: Family<WatchLabels, Gauge>,
    leading: Gauge,
    jobs: Family<PhaseLabels, Gauge>,
    queued: Gauge,
    workers_desired: Gauge,
    workers_ready: Gauge,
    streams: Gauge,
    events: Family<ReasonLabels, Counter>,
    events_dropped: Counter,
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
            reconciles: Family::default(),
            reconcile_seconds: Family::new_with_constructor(|| Histogram::new(SECONDS)),
            writes: Family::default(),
            watch_failures: Family::default(),
            watch_up: Family::default(),
            kind_missing: Family::default(),
            leading: Gauge::default(),
            jobs: Family::default(),
            queued: Gauge::default(),
            workers_desired: Gauge::default(),
            workers_ready: Gauge::default(),
            streams: Gauge::default(),
            events: Family::default(),
            events_dropped: Counter::default(),
        };
        metrics.register();
        for watch in Watch::ALL {
            metrics.watch_up(watch, false);
            metrics.kind_missing(watch, false);
        }
        metrics.jobs(&[]);
        metrics
    }

    fn register(&mut self) {
        let registry = &mut self.registry;
        registry.register("reconciles", "Reconciles by controller and outcome", self.reconciles.clone());
        registry.register("reconcile_seconds", "Duration of reconciles", self.reconcile_seconds.clone());
        registry.register(
            "writes",
            "Writes to the API server by verb, kind and outcome",
            self.writes.clone(),
        );
        registry.register("watch_failures", "Broken watches by cause", self.watch_failures.clone());
        registry.register(
            "watch_up",
            "1 while a watch has its objects and follows them",
            self.watch_up.clone(),
        );
        registry.register(
            "kind_missing",
            "1 while the watched kind is not installed",
            self.kind_missing.clone(),
        );
        registry.register("leading", "1 while this replica leads", self.leading.clone());
        registry.register("jobs", "EvolutionJobs by phase", self.jobs.clone());
        registry.register("jobs_queued", "EvolutionJobs that wait for a place", self.queued.clone());
        registry.register("workers_desired", "Workers wanted by all jobs", self.workers_desired.clone());
        registry.register("workers_ready", "Workers that are ready", self.workers_ready.clone());
        registry.register("progress_streams", "Open progress streams to coordinators", self.streams.clone());
        registry.register("events", "Events told, by reason", self.events.clone());
        registry.register(
            "events_dropped",
            "Events not told for lack of room in the queue",
            self.events_dropped.clone(),
        );
    }

    /// A reconcile ended.
    pub fn reconciled(&self, controller: Controller, outcome: Outcome, took: Duration) {
        self.reconciles.get_or_create(&ReconcileLabels { controller, outcome }).inc();
        self.reconcile_seconds.get_or_create(&ControllerLabels { controller }).observe(took.as_secs_f64());
    }

    /// A write ended.
    pub fn wrote(&self, verb: Verb, kind: Kind, outcome: WriteOutcome) {
        self.writes.get_or_create(&WriteLabels { verb, kind, outcome }).inc();
    }

    /// A watch broke.
    pub fn watch_failed(&self, watch: Watch, failure: WatchFailure) {
        self.watch_failures.get_or_create(&WatchFailureLabels { watch, failure }).inc();
    }

    /// Whether a watch has its objects and follows them.
    pub fn watch_up(&self, watch: Watch, up: bool) {
        self.watch_up.get_or_create(&WatchLabels { watch }).set(i64::from(up));
    }

    /// Whether the watched kind is not installed.
    pub fn kind_missing(&self, watch: Watch, missing: bool) {
        self.kind_missing.get_or_create(&WatchLabels { watch }).set(i64::from(missing));
    }

    /// Whether this replica leads.
    pub fn leading(&self, leads: bool) {
        self.leading.set(i64::from(leads));
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

    /// Jobs that wait for a place.
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
        self.queued(0);
        self.workers(0, 0);
        self.streams(0);
    }

    /// An event was told.
    pub fn event(&self, reason: EventReason) {
        self.events.get_or_create(&ReasonLabels { reason: reason.as_str() }).inc();
    }

    /// There was no room for an event.
    pub fn event_dropped(&self) {
        self.events_dropped.inc();
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
    fn labels_come_from_closed_lists() {
        let metrics = Metrics::new();
        metrics.wrote(Verb::Create, Kind::Secret, WriteOutcome::Done);
        metrics.reconciled(Controller::EvolutionJob, Outcome::Completed, Duration::from_millis(20));
        metrics.event(EventReason::Queued);
        let text = metrics.text().unwrap();
        for line in [
            "galapagos_operator_writes_total{verb=\"create\",kind=\"Secret\",outcome=\"done\"} 1\n",
            "galapagos_operator_reconciles_total{controller=\"evolution_job\",outcome=\"completed\"} 1\n",
            "galapagos_operator_events_total{reason=\"Queued\"} 1\n",
            "galapagos_operator_watch_up{watch=\"evolution_jobs\"} 0\n",
        ] {
            assert!(text.contains(line), "{line} is missing in\n{text}");
        }
    }
}
