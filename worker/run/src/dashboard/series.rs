//! The generations of a run as charts draw them: all while they are few, then every second, fourth, eighth one, and the last.

use serde::Serialize;

use crate::run::state::GenerationReport;

/// Points that a chart has at most.
pub const MOST: usize = 512;

/// Columns of the same length, a row for each generation that is drawn.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Series {
    /// Number of the generation, from 0.
    pub generation: Vec<u32>,
    /// Best fitness of the run so far.
    pub best: Vec<Option<f64>>,
    /// Median fitness of the generation.
    pub median: Vec<Option<f64>>,
    /// Mean share of distinct values of a gene.
    pub diversity: Vec<f64>,
    /// Volume that the front dominates; `None` with one objective.
    pub hypervolume: Vec<Option<f64>>,
    /// By species, in the order of the manifest: the individuals that it may ask for next.
    pub quotas: Vec<Vec<u32>>,
    /// Every how many generations one is drawn.
    pub every: u32,
}

impl Series {
    /// Of the generations of a run.
    pub fn of(history: &[GenerationReport]) -> Series {
        let mut series = Series::default();
        history.iter().for_each(|report| series.push(report));
        series
    }

    /// One more.
    pub fn push(&mut self, report: &GenerationReport) {
        self.every = self.every.max(1);
        // The one before was drawn for being the last.
        if self.generation.last().is_some_and(|last| last % self.every != 0) {
            self.keep_if(|i, len| i + 1 < len);
        }
        self.generation.push(report.generation);
        self.best.push(report.best);
        self.median.push(report.median);
        self.diversity.push(report.diversity);
        self.hypervolume.push(report.hypervolume);
        self.quotas.resize_with(report.quotas.len(), Vec::new);
        for (column, &quota) in self.quotas.iter_mut().zip(&report.quotas) {
            column.push(quota);
        }
        while self.generation.len() > MOST {
            self.every *= 2;
            let (every, numbers) = (self.every, self.generation.clone());
            self.keep_if(|i, len| numbers[i] % every == 0 || i + 1 == len);
        }
    }

    fn keep_if(&mut self, keep: impl Fn(usize, usize) -> bool) {
        let len = self.generation.len();
        fn filter<T>(column: &mut Vec<T>, keep: &dyn Fn(usize) -> bool) {
            let mut i = 0;
            column.retain(|_| {
                i += 1;
                keep(i - 1)
            });
        }
        let keep = |i: usize| keep(i, len);
        filter(&mut self.generation, &keep);
        filter(&mut self.best, &keep);
        filter(&mut self.median, &keep);
        filter(&mut self.diversity, &keep);
        filter(&mut self.hypervolume, &keep);
        self.quotas.iter_mut().for_each(|column| filter(column, &keep));
    }
}

#[cfg(test)]
pub(super) fn report(generation: u32) -> GenerationReport {
    GenerationReport {
        generation,
        best: Some(f64::from(generation)),
        strategy: Some("sma_crossover".to_owned()),
        median: None,
        spread: None,
        diversity: 0.5,
        feasible: 8,
        infeasible: 2,
        failed: 0,
        cached: 1,
        distinct: u64::from(generation + 1) * 9,
        quotas: vec![generation, 7],
        seconds: 0.25,
        front: None,
        hypervolume: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_generations_are_all_drawn() {
        let series = Series::of(&(0..MOST as u32).map(report).collect::<Vec<_>>());
        assert_eq!(series.generation, (0..MOST as u32).collect::<Vec<_>>());
        assert_eq!((series.every, series.quotas[0].len(), series.quotas[1][5]), (1, MOST, 7));
    }

    #[test]
    fn of_many_every_second_fourth_and_so_on_is_drawn_and_always_the_last() {
        for count in [513_u32, 514, 1000, 5000, 12_345] {
            let series = Series::of(&(0..count).map(report).collect::<Vec<_>>());
            let drawn = &series.generation;
            assert!((MOST / 2..=MOST).contains(&drawn.len()), "{count}: {}", drawn.len());
            assert_eq!((drawn[0], drawn[drawn.len() - 1]), (0, count - 1), "{count}");
            let inner = &drawn[..drawn.len() - 1];
            assert!(inner.iter().all(|n| n % series.every == 0), "{count}: every {}", series.every);
            assert!(inner.windows(2).all(|w| w[1] - w[0] == series.every), "{count}");
            assert!(series.best.iter().zip(drawn).all(|(b, &n)| *b == Some(f64::from(n))), "{count}");
            assert!(series.quotas[0] == *drawn && series.diversity.len() == drawn.len(), "{count}");
        }
    }
}
