//! Which individuals of a batch share work: those of one strategy that are evaluated one way, neighbours beside each other.

use super::{Individual, Planned, Way};
use crate::genes::{GeneValue, Stops};

/// The individuals of a batch by their likeness.
pub(super) struct Alike<'a> {
    individuals: &'a [Individual<'a>],
    /// The strategy of each, as a number: names are compared once an individual, not at each step of a sort.
    species: Vec<usize>,
}

impl<'a> Alike<'a> {
    pub fn new(individuals: &'a [Individual<'a>]) -> Alike<'a> {
        let mut names: Vec<&str> = Vec::new();
        let number = individuals.iter().map(|individual| {
            let name = individual.strategy.name();
            names.iter().position(|known| *known == name).unwrap_or_else(|| {
                names.push(name);
                names.len() - 1
            })
        });
        Alike { species: number.collect(), individuals }
    }

    /// What individuals have in common that can be evaluated in one pass: strategy, whether rules ask the account, stops.
    pub fn group(&self, (i, planned): &(usize, Planned)) -> (usize, bool, bool) {
        (self.species[*i], planned.asks_account(), self.has_stops(*i))
    }

    pub fn has_stops(&self, i: usize) -> bool {
        self.individuals[i].genome.stops != Stops::default()
    }

    /// Puts groups together and, within them, those beside each other that read the same series or columns.
    pub fn sort(&self, planned: &mut [(usize, Planned)]) {
        // Rules whose genes are neighbours share columns, too.
        let values = |(i, planned): &(usize, Planned)| -> &'a [GeneValue] {
            match planned.0 {
                Way::Series(_) => &[],
                Way::Graph | Way::Rules => &self.individuals[*i].genome.values,
            }
        };
        planned.sort_by(|x, y| {
            (self.group(x), x.1.keys(), values(x), x.0).cmp(&(self.group(y), y.1.keys(), values(y), y.0))
        });
    }
}
