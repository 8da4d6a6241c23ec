//! The best trade-offs of a run: every feasible individual, over all generations, that no other one dominates.

use crate::choose::Scale;
use crate::config::{Choice, Several};
use crate::front::{Costs, compare, crowding, dominates};
use crate::hypervolume::{added, bounded};
use crate::rank::{Class, Outcome, Rank};
use crate::space::Genome;

/// Points of a front that are shown.
pub const MOST_SHOWN: usize = 256;

/// One of the archive.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Member {
    pub(crate) species: usize,
    pub(crate) genome: Genome,
    pub(crate) costs: Costs,
}

/// What no individual of the run dominates, in the order in which it was found.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Archive {
    /// The point that volumes are measured against, in costs; fixed from the first feasible generation on.
    pub(crate) reference: Option<Costs>,
    pub(crate) members: Vec<Member>,
    pub(crate) hypervolume: f64,
}

impl Archive {
    pub(crate) fn new(several: &Several, goal: crate::Goal) -> Archive {
        let reference = several.reference.as_ref().map(|values| {
            let further = std::array::from_fn(|i| values.get(i + 1).copied().unwrap_or(0.0));
            let outcome = Outcome::feasible(values.first().copied().unwrap_or(0.0)).with_further(further);
            Rank::of(&outcome, goal, Some(several)).costs()
        });
        Archive { reference, ..Archive::default() }
    }

    /// Fixes the reference point at the worst feasible values of a generation, if it is not fixed yet.
    pub(crate) fn refer(&mut self, ranks: impl Iterator<Item = Rank>) {
        if self.reference.is_none() {
            let feasible = ranks.filter(|r| r.class == Class::Feasible).map(|r| r.costs());
            let worse = |a: Costs, b: Costs| std::array::from_fn(|m| if a[m] > b[m] { a[m] } else { b[m] });
            self.reference = feasible.reduce(worse);
        }
    }

    /// Takes an individual in if nothing in here dominates or equals it; what it dominates leaves. Whether it was taken.
    pub(crate) fn take(&mut self, rank: &Rank, species: usize, genome: &Genome, objectives: usize) -> bool {
        let costs = rank.costs();
        let known = |m: &Member| m.costs == costs || dominates(&m.costs, &costs);
        if rank.class != Class::Feasible || self.members.iter().any(known) {
            return false;
        }
        if let Some(reference) = &self.reference {
            let others: Vec<Costs> = self.members.iter().map(|m| m.costs).collect();
            let volume = added(&costs, &others, reference, objectives);
            self.hypervolume = bounded(self.hypervolume + volume);
        }
        self.members.retain(|m| !dominates(&costs, &m.costs));
        self.members.push(Member { species, genome: genome.clone(), costs });
        true
    }

    /// The front that is shown, by the first objective: all members, or those that stand most alone; ties go to species and
    /// genome. With each its crowding distance among all members.
    pub(crate) fn shown(&self, objectives: usize) -> Vec<(&Member, f64)> {
        let costs: Vec<Costs> = self.members.iter().map(|m| m.costs).collect();
        let mut all: Vec<(&Member, f64)> = self.members.iter().zip(crowding(&costs, objectives)).collect();
        let by_key = |a: &Member, b: &Member| a.species.cmp(&b.species).then_with(|| a.genome.cmp(&b.genome));
        if all.len() > MOST_SHOWN {
            all.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| by_key(a.0, b.0)));
            all.truncate(MOST_SHOWN);
        }
        all.sort_by(|a, b| compare(&a.0.costs, &b.0.costs));
        all
    }

    /// How far points are from the best by a method, the nearest the best: each objective is measured by the range of the
    /// front that is shown.
    pub(crate) fn chooser(&self, choice: Choice, objectives: usize) -> impl Fn(&Costs) -> f64 + use<> {
        let shown: Vec<Costs> = self.shown(objectives).iter().map(|(m, _)| m.costs).collect();
        let scale = Scale::new(&shown);
        move |costs| scale.distance(costs, choice, &[1.0; 4], objectives)
    }
}
