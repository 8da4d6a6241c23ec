//! Two genes of an individual over a square of their grids, all others as they are.

use galapagos_genetics::{Genome, Space};

/// One gene of the square.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Axis {
    /// Its place in the genome.
    pub gene: usize,
    /// Its name.
    pub name: String,
    /// Positions on its grid, rising.
    pub positions: Vec<u32>,
}

impl Axis {
    /// Positions of a gene around `at`, `radius` to each side as far as its grid goes; of a category all.
    pub fn new(space: &Space, gene: usize, at: u32, radius: u32) -> Axis {
        let last = space.lens()[gene].saturating_sub(1);
        let (low, high) = if space.is_categorical(gene) {
            (0, last)
        } else {
            (at.saturating_sub(radius), at.saturating_add(radius).min(last))
        };
        let name = space.genes()[gene].name.clone();
        Axis { gene, name, positions: (low..=high).collect() }
    }
}

/// The genomes of the square, row by row; `None` where the rules between genes allow none with these two values.
pub fn square(space: &Space, genome: &[u32], rows: &Axis, columns: &Axis) -> Vec<Option<Genome>> {
    let cell = |row: u32, column: u32| {
        let mut moved = genome.to_vec();
        moved[rows.gene] = row;
        moved[columns.gene] = column;
        let canonical = space.canonical(&moved).ok()?;
        let same = [rows.gene, columns.gene].iter().all(|&gene| canonical[gene] == moved[gene]);
        same.then_some(canonical)
    };
    rows.positions
        .iter()
        .flat_map(|&row| columns.positions.iter().map(move |&column| cell(row, column)))
        .collect()
}
