//! Searchers that learn from outcomes, or go by a plan of their own, behind one trait. One belongs to one species; whatever
//! it gives is repaired, and what the run has asked for before is asked of it again.

use crate::cmaes::Cmaes;
use crate::config::{Config, Searcher};
use crate::draws::{DrawPosition, Draws, Purpose};
use crate::front;
use crate::memory::Bytes;
use crate::rank::{Individual, Rank};
use crate::sobol::Sobol;
use crate::space::{Genome, Space};
use crate::supply::Supply;
use crate::tpe::Tpe;

/// Where a candidate is drawn.
pub(crate) struct Place<'a> {
    pub(crate) draws: &'a mut Draws,
    pub(crate) space: &'a Space,
    pub(crate) generation: u32,
    pub(crate) species: u16,
    /// 0, or the number of the re-draw.
    pub(crate) attempt: u8,
    /// Index of the candidate inside its species and generation.
    pub(crate) child: u32,
    /// What the run has asked for.
    pub(crate) supply: &'a Supply,
}

impl Place<'_> {
    /// Whether a repaired genome would be new to the run.
    pub(crate) fn is_new(&self, genome: &[u32]) -> bool {
        self.supply.is_new(self.space, genome)
    }

    /// Goes to the draws of a purpose, in the window of `child`.
    pub(crate) fn seek(&mut self, purpose: Purpose, child: u32) {
        let Place { generation, species, attempt, .. } = *self;
        self.draws.seek(DrawPosition { generation, species, purpose, attempt, child });
    }
}

/// A candidate of the generation that was told, in index order.
pub(crate) struct Told<'a> {
    pub(crate) rank: Rank,
    pub(crate) genome: &'a Genome,
    /// Asked for in an earlier generation.
    pub(crate) known: bool,
}

/// A searcher of one species. What lasts changes in `tell` only, so that an ask may be repeated.
pub(crate) trait Propose {
    /// Whether it has something to go by; until then candidates are uniform draws.
    fn ready(&self) -> bool {
        true
    }

    /// Proposals for one candidate, before a uniform draw takes its place.
    fn tries(&self) -> u8 {
        5
    }

    /// A generation is asked.
    fn begin(&mut self, space: &Space);

    /// Writes a point inside the grids, not repaired yet.
    fn propose(&mut self, place: &mut Place<'_>, genome: &mut [u32]);

    /// The next candidate of its species is this one: the last proposal, repaired, or one from elsewhere.
    fn taken(&mut self, _proposed: bool, _genome: &[u32]) {}

    /// The outcomes of a generation that is not empty. `draws` stands at the searcher's restart of that generation.
    fn tell(&mut self, told: &[Told<'_>], space: &Space, config: &Config, draws: &mut Draws);

    /// Individuals of other islands come in, which this searcher has not asked for.
    fn receive(&mut self, _arriving: &[Individual], _config: &Config) {}

    /// What lasts, as bytes.
    fn save(&self, config: &Config, out: &mut Vec<u8>);

    /// Takes back what [`Propose::save`] wrote; `None` where it does not fit.
    fn restore(&mut self, bytes: &mut Bytes<'_>, space: &Space, config: &Config) -> Option<()>;
}

/// The searcher of a species, if it is not evolution, uniform draws or the grid.
#[derive(Clone, Debug)]
pub(crate) enum Model {
    Sobol(Sobol),
    Tpe(Box<Tpe>),
    Cmaes(Box<Cmaes>),
}

impl Model {
    /// `draws` may be moved.
    pub(crate) fn new(searcher: Searcher, space: &Space, species: u16, draws: &mut Draws) -> Option<Model> {
        match searcher {
            Searcher::Evolution | Searcher::Random | Searcher::Grid => None,
            Searcher::Sobol => {
                draws.seek(restart_at(0, species, Purpose::Scramble));
                Some(Model::Sobol(Sobol::new(space.drawing(), draws)))
            }
            Searcher::Tpe => Some(Model::Tpe(Box::new(Tpe::new(space)))),
            Searcher::Cmaes => Some(Model::Cmaes(Box::new(Cmaes::new(space)))),
        }
    }

    pub(crate) fn get(&self) -> &dyn Propose {
        match self {
            Model::Sobol(sobol) => sobol,
            Model::Tpe(tpe) => tpe.as_ref(),
            Model::Cmaes(cmaes) => cmaes.as_ref(),
        }
    }

    pub(crate) fn get_mut(&mut self) -> &mut dyn Propose {
        match self {
            Model::Sobol(sobol) => sobol,
            Model::Tpe(tpe) => tpe.as_mut(),
            Model::Cmaes(cmaes) => cmaes.as_mut(),
        }
    }
}

/// The first draw of what a species draws once in a generation.
pub(crate) fn restart_at(generation: u32, species: u16, purpose: Purpose) -> DrawPosition {
    DrawPosition { generation, species, purpose, attempt: 0, child: 0 }
}

/// Positions of a pool, best first (contract G4, G10); of a genome that stands there twice only one.
pub(crate) fn ordered<'a>(pool: impl Iterator<Item = (Rank, &'a Genome)>, config: &Config) -> Vec<usize> {
    let mut pool: Vec<(Rank, (&Genome, usize))> = pool.enumerate().map(|(i, (r, g))| (r, (g, i))).collect();
    if config.several.is_some() {
        let half = pool.len().div_ceil(2);
        pool = front::order(pool, config.objectives(), half);
    } else {
        pool.sort_unstable_by(|a, b| a.0.compare(&b.0).then_with(|| a.1.cmp(&b.1)));
    }
    pool.dedup_by(|a, b| a.1.0 == b.1.0);
    pool.into_iter().map(|(_, (_, i))| i).collect()
}
