//! The generations that are under way beside each other: the job's own, or one of each window of walk-forward. Each has
//! a range of positions of its own.

use std::ops::Range;

use galapagos_run::run::evaluator::Task;

use super::Kind;
use super::individual::{Generation, Individual, State};

/// A generation and whose it is.
#[derive(Debug)]
struct Round {
    /// Its first position.
    first: u32,
    window: Option<u32>,
    generation: Generation,
    /// Nothing of it is queued again.
    cancelled: bool,
}

/// All generations under way, by their first positions.
#[derive(Debug, Default)]
pub(super) struct Generations(Vec<Round>);

impl Generations {
    /// Begins a generation, all queued.
    pub fn begin(&mut self, window: Option<u32>, tasks: Vec<Task>) {
        let first = self.gap(tasks.len() as u32);
        let round = Round { first, window, generation: Generation::new(tasks), cancelled: false };
        let place = self.0.partition_point(|other| other.first < first);
        self.0.insert(place, round);
    }

    /// Forgets the generation that a window, or the job itself, has now: the positions that it had.
    pub fn end(&mut self, window: Option<u32>) -> Range<u32> {
        let found = self.0.iter().position(|round| round.window == window);
        found.map_or(0..0, |place| self.0.remove(place).positions())
    }

    /// Where so many positions are free, one at least.
    fn gap(&self, size: u32) -> u32 {
        let mut free = 0;
        for round in &self.0 {
            if round.first - free >= size.max(1) {
                break;
            }
            free = round.positions().end.max(round.first + 1);
        }
        free
    }

    /// The generation of a position. Whatever ends a generation forgets its positions.
    fn at(&self, position: u32) -> &Round {
        &self.0[self.0.partition_point(|round| round.first <= position) - 1]
    }

    fn at_mut(&mut self, position: u32) -> &mut Round {
        let place = self.0.partition_point(|round| round.first <= position) - 1;
        &mut self.0[place]
    }

    fn of(&self, window: Option<u32>) -> Option<&Round> {
        self.0.iter().find(|round| round.window == window)
    }

    /// Where the individual of this index is.
    pub fn position(&self, window: Option<u32>, index: u32) -> Option<u32> {
        let round = self.of(window)?;
        Some(round.first + round.generation.position(index)?)
    }

    /// The individual at a position.
    pub fn get(&self, position: u32) -> &Individual {
        let round = self.at(position);
        round.generation.get(position - round.first)
    }

    /// The same, to be changed.
    pub fn get_mut(&mut self, position: u32) -> &mut Individual {
        let round = self.at_mut(position);
        round.generation.get_mut(position - round.first)
    }

    /// Of which evolution and species it is.
    pub fn kind(&self, position: u32) -> Kind {
        Kind { window: self.at(position).window, species: self.get(position).task.species }
    }

    /// Whether its generation was cancelled.
    pub fn is_cancelled(&self, position: u32) -> bool {
        self.at(position).cancelled
    }

    /// Moves an individual to another state.
    pub fn set(&mut self, position: u32, state: State) {
        let round = self.at_mut(position);
        round.generation.set(position - round.first, state);
    }

    /// Forgets what is queued of one; what is out may still be answered. Its positions.
    pub fn cancel(&mut self, window: Option<u32>) -> Range<u32> {
        let Some(round) = self.0.iter_mut().find(|round| round.window == window) else { return 0..0 };
        round.cancelled = true;
        round.generation.forget_queued();
        round.positions()
    }

    /// Positions of each kind of one, as (kind, first, end).
    pub fn kinds(&self, window: Option<u32>) -> impl Iterator<Item = (Kind, u32, u32)> + '_ {
        self.of(window).into_iter().flat_map(move |round| {
            let kind = move |(species, first, end)| {
                (Kind { window, species }, round.first + first, round.first + end)
            };
            round.generation.species().map(kind)
        })
    }

    /// Individuals of a kind.
    pub fn total(&self, kind: Kind) -> usize {
        self.of(kind.window).map_or(0, |round| round.generation.total(kind.species))
    }

    /// (kind, individuals, of these queued) of every generation that has something to be evaluated; of all of them if
    /// none has.
    pub fn shares(&self) -> impl Iterator<Item = (Kind, usize, usize)> + '_ {
        let idle = self.queued() + self.leased() == 0;
        self.0.iter().filter(move |round| idle || round.is_open()).flat_map(|round| {
            let kind = |species| Kind { window: round.window, species };
            round.generation.shares().map(move |(species, total, queued)| (kind(species), total, queued))
        })
    }

    /// Number of individuals that wait to be granted.
    pub fn queued(&self) -> usize {
        self.0.iter().map(|round| round.generation.queued()).sum()
    }

    /// Individuals that are out.
    pub fn leased(&self) -> usize {
        self.0.iter().map(|round| round.generation.leased()).sum()
    }
}

impl Round {
    fn positions(&self) -> Range<u32> {
        self.first..self.first + self.generation.len()
    }

    fn is_open(&self) -> bool {
        self.generation.queued() + self.generation.leased() > 0
    }
}
