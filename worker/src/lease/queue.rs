//! What waits to be granted, in order: what came back first, then the untouched species, dearest first.

use std::collections::VecDeque;

use super::WorkerId;
use super::individual::{Generation, State};

/// Individuals of one species that came back, in the order of positions.
#[derive(Debug)]
pub(super) struct Piece {
    pub positions: Vec<u32>,
    /// Given as it is: it was made this small to find a culprit.
    pub fixed: bool,
    /// The worker that failed with it; others come first.
    pub avoid: Option<WorkerId>,
}

/// A run of positions of one species that were never granted.
#[derive(Debug)]
struct Fresh {
    species: usize,
    next: u32,
    end: u32,
}

/// What waits to be granted, in the order in which it is.
#[derive(Debug, Default)]
pub(super) struct Queue {
    fresh: VecDeque<Fresh>,
    returned: VecDeque<Piece>,
    /// Individuals that were alone when a worker was lost: each gets a worker for itself.
    solitary: VecDeque<u32>,
}

impl Queue {
    /// Everything in `generation`, the species in falling `cost`; those of unknown cost first, to learn it.
    pub fn new(generation: &Generation, cost: impl Fn(usize) -> Option<f64>) -> Queue {
        let mut fresh: Vec<(f64, Fresh)> = generation
            .species()
            .map(|(species, next, end)| {
                (cost(species).unwrap_or(f64::INFINITY), Fresh { species, next, end })
            })
            .collect();
        fresh.sort_by(|a, b| b.0.total_cmp(&a.0));
        Queue { fresh: fresh.into_iter().map(|(_, fresh)| fresh).collect(), ..Queue::default() }
    }

    /// Takes individuals back that were granted and not settled.
    pub fn give_back(&mut self, piece: Piece) {
        if !piece.positions.is_empty() {
            self.returned.push_back(piece);
        }
    }

    /// An individual is to have a worker for itself.
    pub fn set_apart(&mut self, position: u32) {
        self.solitary.push_back(position);
    }

    /// Whether an individual waits for a worker of its own.
    pub fn has_solitary(&mut self, generation: &Generation) -> bool {
        while self.solitary.front().is_some_and(|&p| generation.get(p).state() != State::Queued) {
            self.solitary.pop_front();
        }
        !self.solitary.is_empty()
    }

    /// The next of those.
    pub fn take_solitary(&mut self, generation: &Generation) -> Option<u32> {
        if self.has_solitary(generation) { self.solitary.pop_front() } else { None }
    }

    /// The next batch for `worker`: `size(species, n)` of `n` individuals, at most `bound` of a fixed piece. What the
    /// worker itself failed with comes last, and only if it `may_repeat`.
    pub fn take(
        &mut self,
        generation: &Generation,
        worker: WorkerId,
        may_repeat: bool,
        bound: usize,
        size: impl Fn(usize, usize) -> usize,
    ) -> Option<Vec<u32>> {
        let cut = |generation: &Generation, piece: &Piece| {
            let n = piece.positions.len();
            let species = generation.get(piece.positions[0]).task.species;
            if piece.fixed { bound.min(n) } else { size(species, n) }.clamp(1, n)
        };
        if let Some(found) = self.take_returned(generation, |piece| piece.avoid != Some(worker), cut) {
            return Some(found);
        }
        if let Some(fresh) = self.fresh.front_mut() {
            let there = fresh.end - fresh.next;
            let n = size(fresh.species, there as usize).clamp(1, there as usize) as u32;
            let positions = (fresh.next..fresh.next + n).collect();
            fresh.next += n;
            if fresh.next == fresh.end {
                self.fresh.pop_front();
            }
            return Some(positions);
        }
        if may_repeat { self.take_returned(generation, |_| true, cut) } else { None }
    }

    fn take_returned(
        &mut self,
        generation: &Generation,
        fits: impl Fn(&Piece) -> bool,
        cut: impl Fn(&Generation, &Piece) -> usize,
    ) -> Option<Vec<u32>> {
        let mut at = 0;
        while let Some(piece) = self.returned.get_mut(at) {
            // A late answer settles what waits here.
            piece.positions.retain(|&p| generation.get(p).state() == State::Queued);
            if piece.positions.is_empty() {
                self.returned.remove(at);
            } else if fits(piece) {
                let rest = piece.positions.split_off(cut(generation, piece));
                let taken = std::mem::replace(&mut piece.positions, rest);
                if piece.positions.is_empty() {
                    self.returned.remove(at);
                }
                return Some(taken);
            } else {
                at += 1;
            }
        }
        None
    }
}
