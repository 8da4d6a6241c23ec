//! Counters by the values of one closed label. Unlike a family of prometheus-client it has all series from the start,
//! needs no lock, and is written in the same order every time.

use std::fmt::Error;
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use prometheus_client::encoding::{EncodeMetric, MetricEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::{MetricType, TypedMetric};

use super::labels::Label;

/// One counter for each value of a label; clones share them.
#[derive(Debug)]
pub struct Counters<L> {
    counters: Arc<[Counter]>,
    label: PhantomData<L>,
}

impl<L> Clone for Counters<L> {
    fn clone(&self) -> Self {
        Counters { counters: Arc::clone(&self.counters), label: PhantomData }
    }
}

impl<L: Label> Default for Counters<L> {
    fn default() -> Self {
        Counters { counters: L::ALL.iter().map(|_| Counter::default()).collect(), label: PhantomData }
    }
}

impl<L: Label> Counters<L> {
    /// Raises the counter of `label` by `by`.
    pub fn add(&self, label: L, by: u64) {
        self.counters[label.index()].inc_by(by);
    }

    /// Takes over a total that is counted elsewhere. A smaller one than before is ignored: counters only rise.
    pub fn raise_to(&self, label: L, total: u64) {
        self.counters[label.index()].inner().fetch_max(total, Ordering::Relaxed);
    }

    /// What was counted so far.
    pub fn get(&self, label: L) -> u64 {
        self.counters[label.index()].get()
    }
}

impl<L: Label> EncodeMetric for Counters<L> {
    fn encode(&self, mut encoder: MetricEncoder) -> Result<(), Error> {
        for (label, counter) in L::ALL.iter().zip(self.counters.iter()) {
            counter.encode(encoder.encode_family(&[(L::NAME, label.as_str())])?)?;
        }
        Ok(())
    }

    fn metric_type(&self) -> MetricType {
        Counter::<u64>::TYPE
    }
}
