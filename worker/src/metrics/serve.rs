//! What the service of signals shows of its work.

use std::sync::atomic::AtomicU64;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use super::labels::Answer;
use super::{Counters, Metrics};

/// An answer lies in memory: a tenth of a millisecond, unless the machine has more to do than it can.
const ANSWER_SECONDS: [f64; 9] = [0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.005, 0.025, 0.1, 1.0];

/// Metrics of the role serve; clones share them.
#[derive(Clone, Debug)]
pub struct ServeMetrics {
    /// Requests for signals and champions, by their answer.
    pub answers: Counters<Answer>,
    /// Time from the head of such a request to its answer.
    pub answer_seconds: Histogram,
    /// Champions that are served.
    pub champions: Gauge,
    /// Champions whose data are too old.
    pub champions_stale: Gauge,
    /// Unix time at which the oldest of the last bars closed.
    pub last_close_seconds: Gauge<f64, AtomicU64>,
    /// Results and datasets that were taken up after the start.
    pub reloads: Counter,
    /// Looks at a result or dataset that found it unreadable.
    pub reload_failures: Counter,
}

impl ServeMetrics {
    /// Makes them and shows them.
    pub fn register(metrics: &Metrics) -> ServeMetrics {
        let these = ServeMetrics {
            answers: Counters::default(),
            answer_seconds: Histogram::new(ANSWER_SECONDS),
            champions: Gauge::default(),
            champions_stale: Gauge::default(),
            last_close_seconds: Gauge::default(),
            reloads: Counter::default(),
            reload_failures: Counter::default(),
        };
        metrics.register(|registry| these.add_to(registry.sub_registry_with_prefix("serve")));
        these
    }

    fn add_to(&self, registry: &mut Registry) {
        let these = self.clone();
        registry.register("answers", "Requests for signals and champions, by answer", these.answers);
        registry.register_with_unit(
            "answer",
            "Time from the head of such a request to its answer",
            Unit::Seconds,
            these.answer_seconds,
        );
        registry.register("champions", "Champions that are served", these.champions);
        registry.register("champions_stale", "Champions whose data are too old", these.champions_stale);
        registry.register_with_unit(
            "last_close",
            "Unix time at which the oldest of the last bars closed",
            Unit::Seconds,
            these.last_close_seconds,
        );
        registry.register("reloads", "Results and datasets taken up after the start", these.reloads);
        registry.register(
            "reload_failures",
            "Looks at a result or dataset that found it unreadable",
            these.reload_failures,
        );
    }
}
