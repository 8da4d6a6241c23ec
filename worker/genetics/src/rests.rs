//! [`operators::rest`] of every value of short genes: half of the powers of a mutation, the same in each.

use crate::operators;
use crate::space::Space;

/// Genes of more values compute it each time: a table would cost more than a generation has use for.
const LONGEST: u32 = 1 << 10;

/// Tables of one species.
#[derive(Clone, Debug)]
pub(crate) struct Rests {
    eta: f64,
    /// Per gene, by distance to the bound; empty for long genes and categories.
    tables: Box<[Box<[f64]>]>,
}

impl Rests {
    pub(crate) fn new(space: &Space, eta: f64) -> Rests {
        let table = |(i, &len): (usize, &u32)| {
            let short = len > 1 && len <= LONGEST && !space.is_categorical(i);
            (0..if short { len } else { 0 }).map(|d| operators::rest(d, len - 1, eta)).collect()
        };
        Rests { eta, tables: space.lens().iter().enumerate().map(table).collect() }
    }

    /// For gene `i` of indices up to `last`.
    pub(crate) fn at(&self, i: usize, distance: u32, last: u32) -> f64 {
        match self.tables[i].get(distance as usize) {
            Some(&rest) => rest,
            None => operators::rest(distance, last, self.eta),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::Grid;
    use crate::space::{GeneKind, GeneSpace};

    #[test]
    fn a_table_holds_the_bits_of_the_formula() {
        let gene = |count: u32| GeneSpace {
            name: "x".into(),
            kind: GeneKind::Integer,
            grid: Grid::linear("x", 1.into(), count.into(), 1.into()).unwrap(),
            default: None,
        };
        let lens = [1, 2, 25, LONGEST, LONGEST + 1];
        let space = Space::new(lens.map(gene).to_vec(), vec![]).unwrap();
        let rests = Rests::new(&space, 20.0);
        for (i, last) in lens.map(|len| len - 1).into_iter().enumerate().skip(1) {
            for distance in 0..=last {
                let expected = operators::rest(distance, last, 20.0);
                assert_eq!(rests.at(i, distance, last).to_bits(), expected.to_bits());
            }
        }
    }
}
