//! What waits to be granted, in order: what came back first, then the untouched generations, the dearest species first.

use std::collections::VecDeque;
use std::ops::Range;

use super::generations::Generations;
use super::individual::State;
use super::{Kind, WorkerId};

/// Individuals of one kind that came back, in the order of positions.
#[derive(Debug)]
pub(super) struct Piece {
    pub positions: Vec<u32>,
    /// Given as it is: it was made this small to find a culprit.
    pub fixed: bool,
    /// The worker that failed with it; others come first.
    pub avoid: Option<WorkerId>,
}

/// A run of positions of one kind that were never granted.
#[derive(Debug)]
struct Fresh {
    kind: Kind,
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
    /// Takes a generation in behind those that wait: its kinds in falling `cost`, those of unknown cost first, to learn
    /// it.
    pub fn put(&mut self, kinds: impl Iterator<Item = (Kind, u32, u32)>, cost: impl Fn(Kind) -> Option<f64>) {
        let mut fresh: Vec<(f64, Fresh)> = kinds
            .map(|(kind, next, end)| (cost(kind).unwrap_or(f64::INFINITY), Fresh { kind, next, end }))
            .collect();
        fresh.sort_by(|a, b| b.0.total_cmp(&a.0));
        self.fresh.extend(fresh.into_iter().map(|(_, fresh)| fresh));
    }

    /// Forgets these positions.
    pub fn forget(&mut self, positions: &Range<u32>) {
        self.fresh.retain(|fresh| !positions.contains(&fresh.next));
        self.returned.retain(|piece| piece.positions.iter().all(|position| !positions.contains(position)));
        self.solitary.retain(|position| !positions.contains(position));
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
    pub fn has_solitary(&mut self, generations: &Generations) -> bool {
        while self.solitary.front().is_some_and(|&p| generations.get(p).state() != State::Queued) {
            self.solitary.pop_front();
        }
        !self.solitary.is_empty()
    }

    /// The next of those.
    pub fn take_solitary(&mut self, generations: &Generations) -> Option<u32> {
        if self.has_solitary(generations) { self.solitary.pop_front() } else { None }
    }

    /// The next batch for `worker`: `size(kind, n)` of `n` individuals, at most `bound` of a fixed piece. What the
    /// worker itself failed with comes last, and only if it `may_repeat`.
    pub fn take(
        &mut self,
        generations: &Generations,
        worker: WorkerId,
        may_repeat: bool,
        bound: usize,
        size: impl Fn(Kind, usize) -> usize,
    ) -> Option<Vec<u32>> {
        let cut = |generations: &Generations, piece: &Piece| {
            let n = piece.positions.len();
            let kind = generations.kind(piece.positions[0]);
            if piece.fixed { bound.min(n) } else { size(kind, n) }.clamp(1, n)
        };
        if let Some(found) = self.take_returned(generations, |piece| piece.avoid != Some(worker), cut) {
            return Some(found);
        }
        if let Some(fresh) = self.fresh.front_mut() {
            let there = fresh.end - fresh.next;
            let n = size(fresh.kind, there as usize).clamp(1, there as usize) as u32;
            let positions = (fresh.next..fresh.next + n).collect();
            fresh.next += n;
            if fresh.next == fresh.end {
                self.fresh.pop_front();
            }
            return Some(positions);
        }
        if may_repeat { self.take_returned(generations, |_| true, cut) } else { None }
    }

    fn take_returned(
        &mut self,
        generations: &Generations,
        fits: impl Fn(&Piece) -> bool,
        cut: impl Fn(&Generations, &Piece) -> usize,
    ) -> Option<Vec<u32>> {
        let mut at = 0;
        while let Some(piece) = self.returned.get_mut(at) {
            // A late answer settles what waits here.
            piece.positions.retain(|&p| generations.get(p).state() == State::Queued);
            if piece.positions.is_empty() {
                self.returned.remove(at);
            } else if fits(piece) {
                let rest = piece.positions.split_off(cut(generations, piece));
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
