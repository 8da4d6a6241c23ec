//! Metrics of the processes, in the text format of OpenMetrics. docs/monitoring.md lists them for users.
//!
//! Units are in the names, labels come from closed enums or from what a process was started with, and every series is
//! there from the start, so that a query never meets a hole. Not covered: the metrics of trading (`sharpe` and its like), which are the engine's.

mod by_label;
mod coordinator;
pub mod deliver;
mod labels;
mod process;
mod serve;
mod worker;

use std::sync::{Arc, Mutex};

use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;

pub use by_label::Counters;
pub use coordinator::CoordinatorMetrics;
pub use labels::{Answer, Ignored, Label, Outcome, Retry};
pub use serve::ServeMetrics;
pub use worker::WorkerMetrics;

/// Everything that `/metrics` shows; clones share it. What every role has is in it from the start: build and memory.
#[derive(Clone, Debug)]
pub struct Metrics(Arc<Mutex<Registry>>);

impl Default for Metrics {
    fn default() -> Metrics {
        let mut registry = Registry::default();
        process::register(&mut registry);
        Metrics(Arc::new(Mutex::new(registry)))
    }
}

impl Metrics {
    /// Adds metrics, under the prefix `galapagos_`.
    pub fn register<T>(&self, add: impl FnOnce(&mut Registry) -> T) -> T {
        let mut registry = self.0.lock().unwrap_or_else(|e| e.into_inner());
        add(registry.sub_registry_with_prefix("galapagos"))
    }

    /// The text of `/metrics`.
    pub fn text(&self) -> String {
        let registry = self.0.lock().unwrap_or_else(|e| e.into_inner());
        let mut text = String::new();
        // Only a collector can fail here, and those of this crate write to a string.
        if let Err(error) = encode(&mut text, &registry) {
            tracing::error!(%error, "metrics cannot be written");
        }
        text
    }
}
