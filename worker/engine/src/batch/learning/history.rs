//! The last hundred predictions in order, kept sorted: a row costs one move in place of a sort.

use crate::strategies::learning::quantile::{HISTORY, quantile};
use std::collections::VecDeque;

/// The last predictions.
#[derive(Default)]
pub(super) struct History {
    /// As they came.
    ring: VecDeque<f64>,
    /// The same from the least on.
    sorted: Vec<f64>,
}

impl History {
    pub(super) fn push(&mut self, prediction: f64) {
        if self.ring.len() == HISTORY
            && let Some(oldest) = self.ring.pop_front()
        {
            let at = self.place(oldest);
            self.sorted.remove(at);
        }
        self.ring.push_back(prediction);
        let at = self.place(prediction);
        self.sorted.insert(at, prediction);
    }

    /// The quantile at a percent, once there are enough.
    pub(super) fn quantile(&self, percent: usize) -> Option<f64> {
        (self.sorted.len() == HISTORY).then(|| quantile(&self.sorted, percent))
    }

    /// The first place of those that are not less.
    fn place(&self, prediction: f64) -> usize {
        self.sorted.partition_point(|x| x.total_cmp(&prediction).is_lt())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::strategies::learning::quantile::recent;

    #[test]
    fn quantiles_are_those_of_the_sorted_last_hundred() {
        let mut history = History::default();
        let mut all = Vec::new();
        for i in 0..500_u32 {
            let sorted = recent(&all);
            for percent in [5, 50, 70, 95] {
                let expected = sorted.as_ref().map(|sorted| quantile(sorted, percent));
                assert_eq!(history.quantile(percent).map(f64::to_bits), expected.map(f64::to_bits));
            }
            // Repeats and both zeros.
            let x = f64::from(i * 7919 % 13) - 6.0;
            let x = if x == 0.0 && i % 2 == 0 { -0.0 } else { x };
            history.push(x);
            all.push(x);
        }
    }
}
