//! The number that an objective or a limit is about: a metric, or an expression over metrics.

use galapagos_engine::evaluation::{Metric, MetricSet, Metrics};
use galapagos_manifest as manifest;
use galapagos_rules::Scalar;

/// A number of an evaluation.
#[derive(Clone, Debug, PartialEq)]
pub enum Measure {
    /// A metric.
    Metric(Metric),
    /// An expression over metrics.
    Own {
        /// Its name in results.
        name: String,
        /// How it is computed.
        value: Box<Scalar>,
        /// What the number of trades is multiplied by before: 1, but for individuals that are evaluated on a part of the
        /// rows.
        trades_times: f64,
    },
}

impl Measure {
    /// One of a manifest; `None`: it names a metric that this engine does not have.
    pub fn new(measure: manifest::Measure) -> Option<Measure> {
        Some(match measure {
            manifest::Measure::Metric(name) => Measure::Metric(Metric::from_name(&name)?),
            manifest::Measure::Own { name, value } => Measure::Own { name, value, trades_times: 1.0 },
        })
    }

    /// Its name in results.
    pub fn name(&self) -> &str {
        match self {
            Measure::Metric(metric) => metric.name(),
            Measure::Own { name, .. } => name,
        }
    }

    /// Adds the metrics that it is computed of.
    pub fn add_to(&self, set: MetricSet) -> MetricSet {
        self.metrics().fold(set, MetricSet::with)
    }

    /// The metrics that it is computed of.
    pub fn metrics(&self) -> impl Iterator<Item = Metric> {
        let (metric, own) = match self {
            Measure::Metric(metric) => (Some(*metric), None),
            Measure::Own { value, .. } => (None, Some(value)),
        };
        metric.into_iter().chain(own.into_iter().flat_map(|v| v.reads()).filter_map(Metric::from_name))
    }

    /// Its value, if it has a finite one.
    pub fn value(&self, metrics: &Metrics) -> Option<f64> {
        match self {
            Measure::Metric(metric) => metrics.get(*metric),
            Measure::Own { value, trades_times, .. } => value.value(&|name| {
                let metric = Metric::from_name(name)?;
                let times = if metric == Metric::Trades { *trades_times } else { 1.0 };
                Some(metrics.get(metric)? * times)
            }),
        }
    }

    /// Its value, which may be infinite if it is a metric.
    pub fn extended(&self, metrics: &Metrics) -> Option<f64> {
        match self {
            Measure::Metric(metric) => metrics.extended(*metric),
            Measure::Own { .. } => self.value(metrics),
        }
    }

    /// Why it has no value, for people.
    pub fn undefined_because(&self, metrics: &Metrics) -> String {
        let Measure::Own { .. } = self else {
            return self.metrics().next().map_or("", Metric::undefined_because).to_owned();
        };
        match self.metrics().find(|&m| metrics.get(m).is_none()) {
            Some(missing) => format!("{} is no number", missing.name()),
            None => "its value is beyond what a number can hold".to_owned(),
        }
    }
}
