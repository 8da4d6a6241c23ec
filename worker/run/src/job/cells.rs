//! The cell of behaviour that an evaluation is in (contract G14).

use galapagos_engine::evaluation::Metrics;

use super::measure::Measure;

/// A number that is cut into ranges.
#[derive(Clone, Debug, PartialEq)]
pub struct CellAxis {
    /// The number.
    pub measure: Measure,
    /// Where a range ends and the next begins, rising; an edge belongs to the range above it.
    pub edges: Vec<f64>,
    /// What a value is multiplied by before: 1, but for numbers that grow with the rows where an individual is evaluated on
    /// a part of them.
    pub times: f64,
}

impl CellAxis {
    /// The range that a value is in, from 0.
    fn range(&self, metrics: &Metrics) -> Option<usize> {
        let value = self.measure.extended(metrics)? * self.times;
        (!value.is_nan()).then(|| self.edges.partition_point(|edge| *edge <= value))
    }
}

/// The cell of an evaluation: ranges of all numbers, the last the fastest. `None` where one is undefined, and without any.
pub fn cell(axes: &[CellAxis], metrics: &Metrics) -> Option<u16> {
    let number = axes
        .iter()
        .try_fold(0, |number, axis| Some(number * (axis.edges.len() + 1) + axis.range(metrics)?))?;
    (!axes.is_empty()).then_some(u16::try_from(number).ok()?)
}

/// The ranges of a cell, in the order of the numbers.
pub fn ranges(axes: &[CellAxis], cell: u16) -> Vec<usize> {
    let mut left = usize::from(cell);
    let mut out: Vec<usize> = axes
        .iter()
        .rev()
        .map(|axis| {
            let ranges = axis.edges.len() + 1;
            let at = left % ranges;
            left /= ranges;
            at
        })
        .collect();
    out.reverse();
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use galapagos_engine::evaluation::Metric;

    fn axis(metric: Metric, edges: &[f64]) -> CellAxis {
        CellAxis { measure: Measure::Metric(metric), edges: edges.to_vec(), times: 1.0 }
    }

    // Contract G14.
    #[test]
    fn a_cell_is_a_range_of_each_number_and_an_edge_belongs_to_the_range_above() {
        let axes = [axis(Metric::Trades, &[10.0, 50.0]), axis(Metric::MaxDrawdown, &[0.1, 0.2, 0.3])];
        let at = |trades: f64, drawdown: Option<f64>| {
            let mut metrics = Metrics::NONE;
            metrics.set(Metric::Trades, Some(trades));
            metrics.set(Metric::MaxDrawdown, drawdown);
            cell(&axes, &metrics)
        };
        assert_eq!(at(9.0, Some(0.0)), Some(0));
        assert_eq!(at(10.0, Some(0.05)), Some(4));
        assert_eq!(at(500.0, Some(0.3)), Some(11));
        assert_eq!(at(9.0, None), None);
        assert_eq!(ranges(&axes, 11), [2, 3]);
        assert_eq!(ranges(&axes, 4), [1, 0]);
        assert_eq!(cell(&[], &Metrics::NONE), None);
    }
}
