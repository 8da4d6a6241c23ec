//! The best individual of each cell of behaviour (MAP-Elites; Mouret and Clune 2015), of one species.

use std::collections::BTreeMap;

use crate::config::Config;
use crate::evolution::Evolution;
use crate::generation::Survivor;
use crate::memory::{Bytes, put_result, put_u32};
use crate::rank::{Class, Individual, Rank};
use crate::space::{Genome, Space};

/// Most cells of a run.
pub const MOST_CELLS: usize = 256;

/// The best feasible individual of each cell that one has been in.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Cells(BTreeMap<u16, Individual>);

impl Cells {
    /// An individual was evaluated and is in this cell: it takes it if it is better than the one before, of equals the one
    /// with the smaller genome.
    pub(crate) fn take(&mut self, cell: u16, rank: Rank, genome: &Genome) {
        let newcomer = || Individual { rank, genome: genome.clone() };
        if rank.class != Class::Feasible {
            return;
        }
        match self.0.get_mut(&cell) {
            None => drop(self.0.insert(cell, newcomer())),
            Some(held) if newcomer().compare(held).is_lt() => *held = newcomer(),
            Some(_) => {}
        }
    }

    /// Those that breed, the best first; a genome is in one cell only.
    pub(crate) fn parents(&self) -> Vec<Individual> {
        let mut all: Vec<Individual> = self.0.values().cloned().collect();
        all.sort_by(Individual::compare);
        all
    }

    /// As bytes: their number u32, and for each the cell u32 and its result.
    pub(crate) fn save(&self, config: &Config) -> Vec<u8> {
        let mut out = Vec::new();
        put_u32(&mut out, self.0.len() as u32);
        for (cell, Individual { rank, genome }) in &self.0 {
            put_u32(&mut out, (*cell).into());
            put_result(&mut out, rank, genome, config);
        }
        out
    }

    /// Takes back what [`Cells::save`] wrote; `None` where it does not fit.
    pub(crate) fn restore(saved: &[u8], space: &Space, config: &Config) -> Option<Cells> {
        let mut bytes = Bytes(saved);
        let mut cells = BTreeMap::new();
        let count = bytes.u32().filter(|count| *count as usize <= MOST_CELLS)?;
        for _ in 0..count {
            let cell = u16::try_from(bytes.u32()?).ok()?;
            let (rank, genome) = bytes.result(space, config)?;
            if rank.class != Class::Feasible || cells.insert(cell, Individual { rank, genome }).is_some() {
                return None;
            }
        }
        bytes.0.is_empty().then_some(Cells(cells))
    }
}

impl Evolution {
    /// The best of each cell over all species, by cell; ties go to the species named first. With several objectives the first
    /// one decides.
    pub fn cells(&self) -> Vec<(u16, Survivor<'_>)> {
        let mut best: BTreeMap<u16, (usize, &Individual)> = BTreeMap::new();
        let islands = self.config.island_count();
        for (i, cells) in self.groups.iter().enumerate().filter_map(|(i, g)| Some((i, g.cells.as_ref()?))) {
            for (cell, one) in &cells.0 {
                let here = (i / islands, one);
                let held = best.entry(*cell).or_insert(here);
                let order = one.rank.compare(&held.1.rank).then(here.0.cmp(&held.0));
                if order.then_with(|| one.genome.cmp(&held.1.genome)).is_lt() {
                    *held = here;
                }
            }
        }
        let config = &self.config;
        best.into_iter()
            .map(|(cell, (species, one))| {
                (cell, Survivor { species, genome: &one.genome, outcome: one.rank.outcome(config) })
            })
            .collect()
    }
}
