//! What a worker shows of its work.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use super::coordinator::BATCH_SECONDS;
use super::labels::Outcome;
use super::{Counters, Metrics};

/// Metrics of the role worker; clones share them. Its outcomes are never `cached`: only a coordinator has a ledger.
#[derive(Clone, Debug)]
pub struct WorkerMetrics {
    /// Individuals evaluated by this worker, by outcome.
    pub evaluations: Counters<Outcome>,
    /// Time to evaluate a batch on one slot.
    pub batch_seconds: Histogram,
    /// Threads that evaluate.
    pub slots: Gauge,
    /// Slots with a batch.
    pub slots_busy: Gauge,
    /// Memory that counts against the limit.
    pub memory_bytes: Gauge,
    /// The limit; 0: none.
    pub memory_limit_bytes: Gauge,
    /// Streams to the coordinator opened again.
    pub reconnects: Counter,
    /// Bars gone through, by all individuals and symbols together.
    pub strategy_bars: Counter,
}

impl WorkerMetrics {
    /// Makes them and shows them.
    pub fn register(metrics: &Metrics) -> WorkerMetrics {
        let these = WorkerMetrics {
            evaluations: Counters::default(),
            batch_seconds: Histogram::new(BATCH_SECONDS),
            slots: Gauge::default(),
            slots_busy: Gauge::default(),
            memory_bytes: Gauge::default(),
            memory_limit_bytes: Gauge::default(),
            reconnects: Counter::default(),
            strategy_bars: Counter::default(),
        };
        metrics.register(|registry| these.add_to(registry.sub_registry_with_prefix("worker")));
        these
    }

    fn add_to(&self, registry: &mut Registry) {
        let these = self.clone();
        registry.register("evaluations", "Individuals evaluated, by outcome", these.evaluations);
        registry.register_with_unit(
            "batch",
            "Time to evaluate a batch on one slot",
            Unit::Seconds,
            these.batch_seconds,
        );
        registry.register("slots", "Evaluating threads", these.slots);
        registry.register("slots_busy", "Evaluating threads with a batch", these.slots_busy);
        registry.register_with_unit(
            "memory",
            "Memory that counts against the limit of this worker",
            Unit::Bytes,
            these.memory_bytes,
        );
        registry.register_with_unit(
            "memory_limit",
            "Limit of the memory of this worker, 0 if there is none",
            Unit::Bytes,
            these.memory_limit_bytes,
        );
        registry.register("reconnects", "Streams to the coordinator opened again", these.reconnects);
        registry.register(
            "strategy_bars",
            "Bars evaluated, by all individuals and symbols together",
            these.strategy_bars,
        );
    }
}
