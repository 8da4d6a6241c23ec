//! What the delivery of results shows of its work.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Unit;
use std::sync::atomic::AtomicU64;

use super::Metrics;

/// A destination, without a password.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct To {
    /// As it was named.
    pub to: String,
}

/// Metrics of the role deliver; clones share them.
#[derive(Clone, Debug, Default)]
pub struct DeliverMetrics {
    /// Results delivered.
    pub delivered: Family<To, Counter>,
    /// Deliveries that failed.
    pub failures: Family<To, Counter>,
    /// Results that are not there yet.
    pub pending: Family<To, Gauge>,
    /// How long the oldest of them has been waiting.
    pub lag_seconds: Family<To, Gauge<f64, AtomicU64>>,
}

impl DeliverMetrics {
    /// Makes them and shows them.
    pub fn register(metrics: &Metrics) -> DeliverMetrics {
        let these = DeliverMetrics::default();
        metrics.register(|registry| {
            let registry = registry.sub_registry_with_prefix("deliver");
            let these = these.clone();
            registry.register("results", "Results delivered, by destination", these.delivered);
            registry.register("failures", "Deliveries that failed, by destination", these.failures);
            registry.register("pending", "Results that are not at a destination yet", these.pending);
            registry.register_with_unit(
                "lag",
                "How long the oldest of them has been waiting; 0: none waits",
                Unit::Seconds,
                these.lag_seconds,
            );
        });
        these
    }

    /// Shows the series of a destination before anything happens.
    pub fn show(&self, to: &To) {
        let _ = (self.delivered.get_or_create(to), self.failures.get_or_create(to));
        let _ = (self.pending.get_or_create(to), self.lag_seconds.get_or_create(to));
    }
}
