//! What a coordinator shows of its job.

use std::sync::atomic::AtomicU64;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use super::labels::{Ignored, Outcome, Retry};
use super::{Counters, Metrics};

/// A gauge that takes fractions.
type Fraction = Gauge<f64, AtomicU64>;

/// Batches are cut to 100 ms; one that takes minutes is a poisoned individual or a starved node.
pub(super) const BATCH_SECONDS: [f64; 12] =
    [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0, 300.0];
/// A checkpoint that is flushed is three fsyncs: a few milliseconds on a local disk, and seconds on a network volume in
/// trouble.
const CHECKPOINT_SECONDS: [f64; 10] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.5, 10.0];

/// Metrics of the role coordinator; clones share them.
#[derive(Clone, Debug)]
pub struct CoordinatorMetrics {
    /// Generations that are finished.
    pub generation: Gauge,
    /// Generations the job asks for.
    pub generations: Gauge,
    /// Fitness of the best individual so far; not a number before there is one.
    pub best_fitness: Fraction,
    /// The volume that the front dominates; not a number with one objective and before a generation is finished.
    pub hypervolume: Fraction,
    /// Individuals that are settled, by outcome.
    pub evaluations: Counters<Outcome>,
    /// From handing out a batch to its last result.
    pub batch_seconds: Histogram,
    /// Age of the oldest open lease; 0 if none is open.
    pub lease_age_seconds: Fraction,
    /// Individuals that wait for a worker.
    pub queue_individuals: Gauge,
    /// Workers with an open stream.
    pub workers: Gauge,
    /// Slots of the workers together.
    pub slots: Gauge,
    /// Slots with a batch.
    pub slots_busy: Gauge,
    /// Bytes sent to workers.
    pub sent_bytes: Counter,
    /// Bytes received from workers.
    pub received_bytes: Counter,
    /// Individuals handed out again.
    pub retries: Counters<Retry>,
    /// Results that were not used.
    pub results_ignored: Counters<Ignored>,
    /// Time to write a checkpoint.
    pub checkpoint_seconds: Histogram,
    /// Checkpoints that could not be written.
    pub checkpoint_failures: Counter,
    /// Connections refused: no TLS, a wrong certificate, another engine, another dataset.
    pub connections_refused: Counter,
}

impl CoordinatorMetrics {
    /// Makes them and shows them.
    pub fn register(metrics: &Metrics) -> CoordinatorMetrics {
        let these = CoordinatorMetrics {
            generation: Gauge::default(),
            generations: Gauge::default(),
            best_fitness: Gauge::default(),
            hypervolume: Gauge::default(),
            evaluations: Counters::default(),
            batch_seconds: Histogram::new(BATCH_SECONDS),
            lease_age_seconds: Gauge::default(),
            queue_individuals: Gauge::default(),
            workers: Gauge::default(),
            slots: Gauge::default(),
            slots_busy: Gauge::default(),
            sent_bytes: Counter::default(),
            received_bytes: Counter::default(),
            retries: Counters::default(),
            results_ignored: Counters::default(),
            checkpoint_seconds: Histogram::new(CHECKPOINT_SECONDS),
            checkpoint_failures: Counter::default(),
            connections_refused: Counter::default(),
        };
        these.best_fitness.set(f64::NAN);
        these.hypervolume.set(f64::NAN);
        metrics.register(|registry| these.add_to(registry));
        these
    }

    fn add_to(&self, registry: &mut Registry) {
        let these = self.clone();
        registry.register("generation", "Finished generations", these.generation);
        registry.register("generations", "Generations the job asks for", these.generations);
        registry.register("best_fitness", "Fitness of the best individual so far", these.best_fitness);
        registry.register(
            "hypervolume",
            "Volume that the front of several objectives dominates",
            these.hypervolume,
        );
        registry.register("evaluations", "Individuals settled, by outcome", these.evaluations);
        registry.register_with_unit(
            "batch",
            "Time from handing out a batch to its last result",
            Unit::Seconds,
            these.batch_seconds,
        );
        registry.register_with_unit(
            "lease_age",
            "Age of the oldest open lease, 0 if none is open",
            Unit::Seconds,
            these.lease_age_seconds,
        );
        registry.register("queue_individuals", "Individuals that wait for a worker", these.queue_individuals);
        registry.register("workers", "Workers with an open stream", these.workers);
        registry.register("slots", "Slots of these workers", these.slots);
        registry.register("slots_busy", "Slots with a batch", these.slots_busy);
        registry.register_with_unit("sent", "Messages sent to workers", Unit::Bytes, these.sent_bytes);
        registry.register_with_unit(
            "received",
            "Messages received from workers",
            Unit::Bytes,
            these.received_bytes,
        );
        registry.register("retries", "Individuals handed out again, by reason", these.retries);
        registry.register(
            "results_ignored",
            "Results of individuals that were not used, by reason",
            these.results_ignored,
        );
        registry.register_with_unit(
            "checkpoint",
            "Time to write a checkpoint",
            Unit::Seconds,
            these.checkpoint_seconds,
        );
        registry.register(
            "checkpoint_failures",
            "Checkpoints that could not be written",
            these.checkpoint_failures,
        );
        registry.register(
            "connections_refused",
            "Connections and workers refused: no TLS, wrong certificate, engine or dataset",
            these.connections_refused,
        );
    }
}
