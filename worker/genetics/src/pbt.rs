//! The PBT preset: population based training as in Ray Tune (Jaderberg and others 2017), without a state to train. Copies of one of
//! the best quarter (exploit), in which every gene is moved by a fifth of its value or drawn anew (explore). Works on
//! values, not indices.

use crate::draws::Draws;
use crate::operators;
use crate::rank::Individual;
use crate::ray::Values;
use crate::space::Space;

/// One in so many is replaced, and one in so many is copied.
pub(crate) const QUARTER: u32 = 4;

/// What a value is multiplied by.
const FACTORS: [f64; 2] = [0.8, 1.2];

/// The values of all genes of a species, for relative steps.
#[derive(Clone, Debug)]
pub(crate) struct Pbt {
    genes: Vec<Values>,
    /// Probability that a gene is drawn anew.
    resample: f64,
}

impl Pbt {
    pub(crate) fn new(space: &Space, resample: f64) -> Pbt {
        Pbt { genes: Values::of(space), resample }
    }

    /// Writes a child of `survivors` (not empty, best first) into `child`; not yet repaired.
    pub(crate) fn child(
        &self,
        draws: &mut Draws,
        space: &Space,
        survivors: &[Individual],
        child: &mut [u32],
    ) {
        // Of a population whose three quarters are here.
        let quarter = survivors.len().div_ceil(QUARTER as usize - 1);
        child.copy_from_slice(&survivors[draws.index(quarter)].genome);
        for &i in space.drawing() {
            let len = space.lens()[i];
            child[i] = if draws.chance(self.resample) {
                draws.below(len.into()) as u32
            } else if space.is_categorical(i) {
                operators::other(draws, child[i], len)
            } else {
                moved(&self.genes[i], child[i], len - 1, FACTORS[draws.index(FACTORS.len())])
            };
        }
    }
}

/// The index nearest to the value times a factor, but the next one in that direction where it would stay; at an end it stays.
fn moved(values: &Values, k: u32, last: u32, factor: f64) -> u32 {
    let value = values.at(k);
    let to = values.nearest(value * factor);
    let rises = (factor > 1.0) == (value >= 0.0);
    match to {
        _ if to != k => to,
        _ if rises => (k + 1).min(last),
        _ => k.saturating_sub(1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_moves_by_a_fifth_and_by_one_value_at_least() {
        let periods = Values::Linear { min: 5.0, step: 1.0, last: 95 };
        let to = |k: u32, factor: f64| periods.at(moved(&periods, k, 95, factor));
        assert_eq!([to(45, 0.8), to(45, 1.2)], [40.0, 60.0]);
        // 6 and 4.8 are not far from 5 and 6.
        assert_eq!([to(0, 0.8), to(0, 1.2), to(1, 1.2), to(1, 0.8)], [5.0, 6.0, 7.0, 5.0]);
        assert_eq!([to(95, 1.2), to(95, 0.8)], [100.0, 80.0]);
        let signed = Values::List(vec![-10.0, -9.0, -8.0, -0.1, 0.0, 0.1]);
        let at = |k: u32, factor: f64| moved(&signed, k, 5, factor);
        assert_eq!([at(1, 1.2), at(1, 0.8), at(4, 1.2), at(4, 0.8)], [0, 2, 5, 3]);
    }
}
