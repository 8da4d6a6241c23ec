//! A table of the objective over all genomes of a strategy, made by `galapagos run` with `searcher: Grid` (e2e/quality).
//!
//! Lines: the name; how many values each gene has; then a number for each genome, the last gene the fastest. The
//! larger, the better.

use galapagos_genetics::{Outcome, Space};

use crate::common;

pub struct Landscape {
    pub name: String,
    lens: Vec<u32>,
    values: Vec<f64>,
}

impl Landscape {
    /// Reads one; the number of values must be that of the genomes.
    pub fn read(path: &str) -> Landscape {
        let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"));
        let mut lines = text.lines();
        let name = lines.next().unwrap_or_default().to_owned();
        let lens: Vec<u32> =
            lines.next().unwrap_or_default().split(' ').map(|word| word.parse().unwrap()).collect();
        let values: Vec<f64> = lines.map(|line| line.parse().unwrap()).collect();
        assert_eq!(values.len(), lens.iter().map(|&len| len as usize).product::<usize>(), "{path}");
        Landscape { name, lens, values }
    }

    pub fn space(&self) -> Space {
        let gene = |(i, &len): (usize, &u32)| common::integer(&format!("x{i}"), 0, i64::from(len) - 1);
        Space::new(self.lens.iter().enumerate().map(gene).collect(), vec![]).unwrap()
    }

    /// How far a genome lies behind the best of all.
    pub fn behind(&self, genome: &[u32]) -> Outcome {
        let at = genome.iter().zip(&self.lens).fold(0, |at, (&k, &len)| at * len as usize + k as usize);
        Outcome::feasible(self.best() - self.values[at])
    }

    fn best(&self) -> f64 {
        self.values.iter().copied().max_by(f64::total_cmp).unwrap()
    }
}
