//! The Ray preset: how the seed programs on Ray bred. Two parents of the kept half, the mean of their values,
//! each gene mutated with probability .1 by a normal step of a tenth of its value. Works on values, not indices.

use rust_decimal::Decimal;

use crate::draws::Draws;
use crate::grid::Grid;
use crate::operators;
use crate::rank::Individual;
use crate::space::Space;

const MUTATION_RATE: f64 = 0.1;
const RELATIVE_STEP: f64 = 0.1;

/// The values of a gene as f64.
#[derive(Clone, Debug)]
pub(crate) enum Values {
    Linear { min: f64, step: f64, last: u32 },
    List(Vec<f64>),
}

/// The values of all genes of a species, for means and relative steps.
#[derive(Clone, Debug)]
pub(crate) struct Ray {
    genes: Vec<Values>,
}

/// The f64 nearest to a decimal: std's parser rounds correctly.
fn to_f64(d: Decimal) -> f64 {
    d.to_string().parse().unwrap_or(0.0)
}

impl Values {
    /// Those of all genes of a space; a category has none.
    pub(crate) fn of(space: &Space) -> Vec<Values> {
        let list = |values: &[Decimal]| Values::List(values.iter().map(|v| to_f64(*v)).collect());
        let genes = space.genes().iter().map(|g| match &g.grid {
            Grid::Linear { min, step, count } => {
                Values::Linear { min: to_f64(*min), step: to_f64(*step), last: count - 1 }
            }
            Grid::Log(values) | Grid::Values(values) => list(values),
            Grid::Fixed(value) => list(&[*value]),
            Grid::Categories(_) => Values::List(vec![]),
        });
        genes.collect()
    }

    pub(crate) fn at(&self, k: u32) -> f64 {
        match self {
            Values::Linear { min, step, .. } => min + f64::from(k) * step,
            Values::List(values) => values[k as usize],
        }
    }

    /// The nearest index, the lower of two equally near in a list.
    pub(crate) fn nearest(&self, value: f64) -> u32 {
        match self {
            Values::Linear { min, step, last } => operators::to_index((value - min) / step, *last),
            Values::List(values) => {
                let above = values.partition_point(|v| *v < value);
                match above {
                    0 => 0,
                    k if k == values.len() => (k - 1) as u32,
                    k if value - values[k - 1] <= values[k] - value => (k - 1) as u32,
                    k => k as u32,
                }
            }
        }
    }
}

impl Ray {
    pub(crate) fn new(space: &Space) -> Ray {
        Ray { genes: Values::of(space) }
    }

    /// Writes a child of `survivors` (not empty) into `child`; not yet repaired.
    pub(crate) fn child(
        &self,
        draws: &mut Draws,
        space: &Space,
        survivors: &[Individual],
        child: &mut [u32],
    ) {
        let a = draws.index(survivors.len());
        let mut b = draws.index(survivors.len());
        if a == b {
            b = (b + 1) % survivors.len();
        }
        let (a, b) = (&survivors[a].genome, &survivors[b].genome);
        child.copy_from_slice(a);
        for &i in space.drawing() {
            let gene = &self.genes[i];
            child[i] = if space.is_categorical(i) {
                if draws.chance(0.5) { a[i] } else { b[i] }
            } else {
                gene.nearest((gene.at(a[i]) + gene.at(b[i])) * 0.5)
            };
        }
        for &i in space.drawing() {
            if !draws.chance(MUTATION_RATE) {
                continue;
            }
            child[i] = if space.is_categorical(i) {
                operators::other(draws, child[i], space.lens()[i])
            } else {
                let value = self.genes[i].at(child[i]);
                self.genes[i].nearest(value + RELATIVE_STEP * value.abs() * draws.normal())
            };
        }
    }
}
