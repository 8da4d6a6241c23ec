//! The individuals of one generation: where each stands, and how often it failed.

use galapagos_run::run::evaluator::Task;

use super::bits::Bits;

/// Where an individual stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Waits in the queue.
    Queued,
    /// Out with at least one worker.
    Leased,
    /// Answered for good: later answers are compared with it.
    Settled,
    /// Was waiting or out when the generation was cancelled: an answer is still welcome, nobody is asked for it.
    Forgotten,
}

/// One individual of the generation and how its evaluation stands.
#[derive(Debug)]
pub(super) struct Individual {
    pub task: Task,
    state: State,
    /// Running leases that still owe its answer.
    pub holders: u8,
    /// Something went wrong with it or beside it: alone in a batch, it gets its whole time limit.
    pub suspect: bool,
    /// Attempts that ended in an exception of its own.
    pub attempts: u32,
    /// Workers lost while they evaluated nothing but it in that slot.
    pub losses: u32,
    /// Fingerprint of the first answer, unless that is an exception.
    pub bits: Option<Bits>,
}

impl Individual {
    pub fn state(&self) -> State {
        self.state
    }
}

/// One generation's individuals, in the order of species and genome. A position is an index into that order.
#[derive(Debug, Default)]
pub(super) struct Generation {
    individuals: Vec<Individual>,
    /// (index inside the generation, position), by index.
    by_index: Vec<(usize, u32)>,
    /// Individuals of each species, and those of them that are queued.
    totals: Vec<usize>,
    queued: Vec<usize>,
    leased: usize,
}

impl Generation {
    /// A new generation, all queued.
    pub fn new(mut tasks: Vec<Task>) -> Generation {
        tasks.sort_unstable_by(|a, b| (a.species, &a.genome, a.index).cmp(&(b.species, &b.genome, b.index)));
        let mut totals = vec![0; tasks.last().map_or(0, |t| t.species + 1)];
        tasks.iter().for_each(|t| totals[t.species] += 1);
        let mut by_index: Vec<(usize, u32)> = tasks.iter().map(|t| t.index).zip(0..).collect();
        by_index.sort_unstable();
        let individuals = tasks.into_iter().map(|task| Individual {
            task,
            state: State::Queued,
            holders: 0,
            suspect: false,
            attempts: 0,
            losses: 0,
            bits: None,
        });
        Generation { individuals: individuals.collect(), by_index, queued: totals.clone(), totals, leased: 0 }
    }

    /// How many there are.
    pub fn len(&self) -> u32 {
        self.individuals.len() as u32
    }

    /// Where the individual of this index is.
    pub fn position(&self, index: u32) -> Option<u32> {
        let found = self.by_index.binary_search_by_key(&(index as usize), |&(index, _)| index).ok()?;
        Some(self.by_index[found].1)
    }

    /// The individual at a position.
    pub fn get(&self, position: u32) -> &Individual {
        &self.individuals[position as usize]
    }

    /// The same, to be changed.
    pub fn get_mut(&mut self, position: u32) -> &mut Individual {
        &mut self.individuals[position as usize]
    }

    /// Moves an individual to another state.
    pub fn set(&mut self, position: u32, state: State) {
        let individual = &mut self.individuals[position as usize];
        let species = individual.task.species;
        let before = std::mem::replace(&mut individual.state, state);
        for (state, there) in [(before, false), (state, true)] {
            let count = match state {
                State::Queued => &mut self.queued[species],
                State::Leased => &mut self.leased,
                State::Settled | State::Forgotten => continue,
            };
            *count = if there { *count + 1 } else { *count - 1 };
        }
    }

    /// Forgets what is queued; what is out may still be answered.
    pub fn forget_queued(&mut self) {
        for position in 0..self.individuals.len() as u32 {
            if self.get(position).state == State::Queued {
                self.set(position, State::Forgotten);
            }
        }
    }

    /// Positions of each species that has individuals here, as (species, first, end).
    pub fn species(&self) -> impl Iterator<Item = (usize, u32, u32)> + '_ {
        let mut end = 0;
        self.totals.iter().enumerate().filter(|&(_, &total)| total > 0).map(move |(species, &total)| {
            let first = end;
            end += total as u32;
            (species, first, end)
        })
    }

    /// Individuals of a species.
    pub fn total(&self, species: usize) -> usize {
        self.totals.get(species).copied().unwrap_or(0)
    }

    /// (species, individuals, of these queued) of all species.
    pub fn shares(&self) -> impl Iterator<Item = (usize, usize, usize)> + '_ {
        self.totals
            .iter()
            .zip(&self.queued)
            .enumerate()
            .map(|(species, (&total, &queued))| (species, total, queued))
    }

    /// Number of individuals that wait to be granted.
    pub fn queued(&self) -> usize {
        self.queued.iter().sum()
    }

    /// Individuals that are out.
    pub fn leased(&self) -> usize {
        self.leased
    }
}
