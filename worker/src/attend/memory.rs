//! The memory that is reported to the coordinator and in the metrics.

use std::time::Duration;

use galapagos_run::run::memory::{RecentUsage, Usage};

use crate::metrics::WorkerMetrics;

/// Asking the kernel takes several files; a message must not wait for that each time.
const FRESH: Duration = Duration::from_millis(250);
/// From this share of the limit on, in percent, batches shall shrink. A slot cuts its batches by itself where memory
/// is short ([`galapagos_run::run::pressure`]): this keeps the coordinator from sending what would be cut.
const TIGHT: u64 = 85;

/// Memory in use, asked for a few times a second at most.
#[derive(Debug)]
pub(super) struct Memory {
    recent: RecentUsage,
    metrics: WorkerMetrics,
}

impl Memory {
    /// As it is now.
    pub fn new(metrics: WorkerMetrics) -> Memory {
        let memory = Memory { recent: RecentUsage::new(FRESH), metrics };
        memory.now();
        memory
    }

    /// In use, and the limit.
    pub fn now(&self) -> Usage {
        let usage = self.recent.get();
        self.show(usage);
        usage
    }

    fn show(&self, usage: Usage) {
        let signed = |bytes: u64| i64::try_from(bytes).unwrap_or(i64::MAX);
        self.metrics.memory_bytes.set(signed(usage.used));
        self.metrics.memory_limit_bytes.set(signed(usage.limit.unwrap_or(0)));
    }
}

/// The largest batch that is wanted after one of `size`; 0: any.
pub(super) fn largest_batch(usage: Usage, size: usize) -> u32 {
    match usage.limit {
        Some(limit) if usage.used >= limit / 100 * TIGHT => {
            u32::try_from(size / 2).unwrap_or(u32::MAX).max(1)
        }
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_are_halved_while_memory_is_short_and_never_to_nothing() {
        let at = |used, limit| Usage { used, limit };
        assert_eq!(largest_batch(at(u64::MAX, None), 100), 0);
        assert_eq!(largest_batch(at(500, Some(1000)), 100), 0);
        assert_eq!(largest_batch(at(900, Some(1000)), 100), 50);
        assert_eq!(largest_batch(at(2000, Some(1000)), 1), 1);
        assert_eq!(largest_batch(at(2000, Some(1000)), 0), 1);
    }
}
