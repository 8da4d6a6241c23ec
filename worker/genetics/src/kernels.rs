//! A density over genomes as a sum of products of kernels, one product for each genome it was made of and one that is
//! uniform. Numbers are (k + 1/2)/values in 0..1 with normal kernels cut off at its ends; categories have the kernel of
//! Aitchison and Aitken (1976).

use std::f64::consts::TAU;

use crate::draws::Draws;
use crate::gauss::{above, normals};
use crate::space::Space;

/// Exponents this far below the highest add nothing.
const NEGLIGIBLE: f64 = 40.0;

/// What a kernel spreads over all values of a category. The same in all densities: with narrower kernels in the larger set, what
/// nobody has tried would win by that alone.
const SPREAD: f64 = 0.25;

/// The genes that are modelled.
#[derive(Clone, Debug)]
pub(crate) struct Axes {
    numbers: Vec<usize>,
    categories: Vec<usize>,
    lens: Box<[u32]>,
}

impl Axes {
    pub(crate) fn new(space: &Space) -> Axes {
        let (categories, numbers) = space.drawing().iter().partition(|&&i| space.is_categorical(i));
        Axes { numbers, categories, lens: space.lens().into() }
    }

    fn coordinate(&self, gene: usize, k: u32) -> f64 {
        (f64::from(k) + 0.5) / f64::from(self.lens[gene])
    }
}

/// The density that some genomes make.
#[derive(Clone, Debug)]
pub(crate) struct Kernels {
    /// Per number: 1/(sqrt 2 times the width).
    narrow: Vec<f64>,
    widths: Vec<f64>,
    /// Log of the share of a category that it has of its own, and of every other one.
    shares: Vec<(f64, f64)>,
    /// Row by row the numbers' coordinates, times `narrow`.
    centres: Vec<f64>,
    categories: Vec<u32>,
    /// Per kernel the log of its height.
    heights: Vec<f64>,
}

impl Kernels {
    /// Of these genomes; the widths of their kernels are half of Scott's (1992), at least `floor`, half the distance of two
    /// values and 1e-4.
    pub(crate) fn new<'a>(
        axes: &Axes,
        genomes: impl ExactSizeIterator<Item = &'a [u32]> + Clone,
        floor: f64,
    ) -> Kernels {
        let n = genomes.len() as f64;
        let dimensions = (axes.numbers.len() + axes.categories.len()) as f64;
        let factor = 0.5 * libm::pow(if n > 1.0 { n } else { 1.0 }, -1.0 / (dimensions + 4.0));
        let floor = if floor > 1e-4 { floor } else { 1e-4 };
        let width = |&gene: &usize| {
            let values = genomes.clone().map(|g| axes.coordinate(gene, g[gene]));
            let mean = values.clone().sum::<f64>() / n;
            let deviation = (values.map(|v| (v - mean) * (v - mean)).sum::<f64>() / n).sqrt();
            let least = 0.5 / f64::from(axes.lens[gene]);
            let least = if least > floor { least } else { floor };
            let wanted = deviation * factor;
            if wanted > least { wanted } else { least }
        };
        let widths: Vec<f64> = axes.numbers.iter().map(width).collect();
        let shares = axes.categories.iter().map(|&gene| {
            let count = f64::from(axes.lens[gene]);
            (libm::log(1.0 - SPREAD + SPREAD / count), libm::log(SPREAD / count))
        });
        let mut kernels = Kernels {
            narrow: widths.iter().map(|w| 1.0 / (std::f64::consts::SQRT_2 * w)).collect(),
            shares: shares.collect(),
            widths,
            centres: vec![],
            categories: vec![],
            heights: vec![],
        };
        genomes.for_each(|genome| kernels.add(axes, genome));
        kernels
    }

    /// One more kernel, as wide as the others.
    pub(crate) fn add(&mut self, axes: &Axes, genome: &[u32]) {
        let mut height = 0.0;
        for ((&gene, &width), &narrow) in axes.numbers.iter().zip(&self.widths).zip(&self.narrow) {
            let centre = axes.coordinate(gene, genome[gene]);
            let inside = 1.0 - above(centre / width) - above((1.0 - centre) / width);
            height -= libm::log(inside * width * TAU.sqrt());
            self.centres.push(centre * narrow);
        }
        self.categories.extend(axes.categories.iter().map(|&gene| genome[gene]));
        self.heights.push(height);
    }

    /// Removes one kernel.
    pub(crate) fn forget(&mut self, axes: &Axes, kernel: usize) {
        let row = |columns: usize| kernel * columns..(kernel + 1) * columns;
        self.centres.drain(row(axes.numbers.len()));
        self.categories.drain(row(axes.categories.len()));
        self.heights.remove(kernel);
    }

    pub(crate) fn len(&self) -> usize {
        self.heights.len()
    }

    /// A draw: below(kernels + 1), the last being the uniform one; then per number a normal (in pairs, of all numbers; u01
    /// each of the uniform kernel), folded back at the ends; per category u01.
    pub(crate) fn draw(&self, axes: &Axes, draws: &mut Draws, genome: &mut [u32], scratch: &mut Vec<f64>) {
        let kernel = draws.index(self.len() + 1);
        let own = kernel < self.len();
        scratch.resize(axes.numbers.len(), 0.0);
        if own {
            normals(draws, scratch);
        } else {
            scratch.iter_mut().for_each(|u| *u = draws.u01());
        }
        let row = axes.numbers.len();
        for (j, &gene) in axes.numbers.iter().enumerate() {
            let x = if own {
                let x = self.centres[kernel * row + j] / self.narrow[j] + self.widths[j] * scratch[j];
                let x = x.abs();
                if x > 1.0 { 2.0 - x } else { x }
            } else {
                scratch[j]
            };
            // A cast of what lies below 0 gives 0.
            let k = (x * f64::from(axes.lens[gene])) as u32;
            genome[gene] = k.min(axes.lens[gene] - 1);
        }
        for (j, &gene) in axes.categories.iter().enumerate() {
            let (u, len) = (draws.u01(), axes.lens[gene]);
            let other = libm::exp(self.shares[j].1) * f64::from(len);
            // Below `other` the draw is uniform over all categories, its own one among them.
            genome[gene] = if own && u >= other {
                self.categories[kernel * axes.categories.len() + j]
            } else {
                let u = if own { u / other } else { u };
                ((u * f64::from(len)) as u32).min(len - 1)
            };
        }
    }

    /// Log of the density at a genome, up to what is the same for all densities.
    pub(crate) fn log(&self, axes: &Axes, genome: &[u32], scratch: &mut Vec<f64>) -> f64 {
        let (row, columns) = (axes.numbers.len(), axes.categories.len());
        let at: Vec<f64> =
            axes.numbers.iter().zip(&self.narrow).map(|(&g, n)| axes.coordinate(g, genome[g]) * n).collect();
        let uniform = axes.categories.iter().fold(0.0, |sum, &g| sum - libm::log(f64::from(axes.lens[g])));
        scratch.clear();
        let mut highest = uniform;
        for (i, &height) in self.heights.iter().enumerate() {
            let squares = |sum: f64, (x, c): (&f64, &f64)| sum + (x - c) * (x - c);
            let mut log = height - at.iter().zip(&self.centres[i * row..(i + 1) * row]).fold(0.0, squares);
            let own = &self.categories[i * columns..(i + 1) * columns];
            for ((&gene, &category), &(same, other)) in axes.categories.iter().zip(own).zip(&self.shares) {
                log += if genome[gene] == category { same } else { other };
            }
            if log > highest {
                highest = log;
            }
            scratch.push(log);
        }
        let near = scratch.iter().map(|log| log - highest).filter(|log| *log > -NEGLIGIBLE);
        let sum = near.fold(libm::exp(uniform - highest), |sum, log| sum + libm::exp(log));
        highest + libm::log(sum / (self.len() as f64 + 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::Grid;
    use crate::space::{GeneKind, GeneSpace};

    /// Over a fine grid the density of each kernel sums to 1.
    #[test]
    fn a_density_sums_to_one() {
        let number = Grid::linear("x", 0.into(), 999.into(), 1.into()).unwrap();
        let gene = |kind, grid| GeneSpace { name: "x".into(), kind, grid, default: None };
        let space = Space::new(
            vec![
                gene(GeneKind::Integer, number),
                gene(GeneKind::Categorical, Grid::categories("c", 3).unwrap()),
            ],
            vec![],
        )
        .unwrap();
        let axes = Axes::new(&space);
        let all: [&[u32]; 4] = [&[3, 0], &[500, 1], &[520, 1], &[999, 2]];
        let kernels = Kernels::new(&axes, all.iter().copied(), 0.0);
        let mut scratch = vec![];
        let sum: f64 = (0..1000)
            .flat_map(|k| (0..3).map(move |c| [k, c]))
            .map(|g| libm::exp(kernels.log(&axes, &g, &mut scratch)) / 1000.0)
            .sum();
        assert!((sum - 1.0).abs() < 1e-4, "{sum}");
    }

    /// Of equal genomes half of the draws are uniform, the rest normal with the least width: 68.27 % of them lie within one of it.
    #[test]
    fn a_density_of_equal_genomes_is_as_wide_as_the_least_width() {
        use crate::draws::{DrawPosition, Purpose};
        let number = Grid::linear("x", 0.into(), 9_999.into(), 1.into()).unwrap();
        let gene = GeneSpace { name: "x".into(), kind: GeneKind::Integer, grid: number, default: None };
        let axes = Axes::new(&Space::new(vec![gene], vec![]).unwrap());
        let one: [&[u32]; 1] = [&[5_000]];
        let kernels = Kernels::new(&axes, one.iter().copied(), 0.1);
        let (mut draws, mut genome, mut scratch) = (Draws::new(1), [0], vec![]);
        let within = (0..20_000).filter(|&child| {
            let at = DrawPosition { generation: 0, species: 0, purpose: Purpose::Parzen, attempt: 0, child };
            draws.seek(at);
            kernels.draw(&axes, &mut draws, &mut genome, &mut scratch);
            (4_000..6_000).contains(&genome[0])
        });
        let (share, expected) = (within.count() as f64 / 20_000.0, 0.5 * 0.6827 + 0.5 * 0.2);
        assert!((share - expected).abs() < 0.01, "{share}, not {expected}");
    }
}
