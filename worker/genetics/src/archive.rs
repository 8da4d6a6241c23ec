//! The best trade-offs of a run: the feasible individuals, over all generations, that no other one dominates.

use crate::choose::Scale;
use crate::config::{Choice, Several};
use crate::front::{Costs, compare, crowding, dominates};
use crate::hypervolume::{added, bounded};
use crate::rank::{Class, Outcome, Rank};
use crate::space::Genome;

/// Points of a front that are shown.
pub const MOST_SHOWN: usize = 256;

/// Members of an archive.
pub(crate) const MOST_MEMBERS: usize = 1024;

/// One of the archive.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Member {
    pub(crate) species: usize,
    pub(crate) genome: Genome,
    pub(crate) costs: Costs,
}

/// What no individual of the run dominates, in the order in which it was found; at most [`MOST_MEMBERS`].
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

    /// Takes an individual in if nothing in here dominates or equals it; what it dominates leaves. Where it dominates nothing
    /// and there is no place, the one that stands least alone gives way, but only if the volume grows by that: so the
    /// volume is always that of the members, and never falls. Whether it was taken.
    pub(crate) fn take(&mut self, rank: &Rank, species: usize, genome: &Genome, objectives: usize) -> bool {
        let costs = rank.costs();
        let known = |m: &Member| m.costs == costs || dominates(&m.costs, &costs);
        if rank.class != Class::Feasible || self.members.iter().any(known) {
            return false;
        }
        let Some(reference) = &self.reference else { return false };
        let mut others: Vec<Costs> = self.members.iter().map(|m| m.costs).collect();
        let mut gain = added(&costs, &others, reference, objectives);
        let before = self.members.len();
        if before >= MOST_MEMBERS && !others.iter().any(|other| dominates(&costs, other)) {
            let Some(leaves) = self.least_alone(&costs, objectives) else { return false };
            let left = std::mem::replace(&mut others[leaves], costs);
            let loss = added(&left, &others, reference, objectives);
            if gain <= loss {
                return false;
            }
            gain -= loss;
            self.members.remove(leaves);
        }
        self.hypervolume = bounded(self.hypervolume + gain);
        self.members.retain(|m| !dominates(&costs, &m.costs));
        self.members.push(Member { species, genome: genome.clone(), costs });
        true
    }

    /// Which member stands least alone, of equals the last by species and genome, once there is one more; `None`: that one
    /// does itself.
    fn least_alone(&self, newcomer: &Costs, objectives: usize) -> Option<usize> {
        let costs: Vec<Costs> = self.members.iter().map(|m| &m.costs).chain([newcomer]).copied().collect();
        let alone = crowding(&costs, objectives);
        let key = |i: usize| self.members.get(i).map(|m| (m.species, &m.genome));
        let first =
            |a: &usize, b: &usize| alone[*a].total_cmp(&alone[*b]).then_with(|| key(*b).cmp(&key(*a)));
        (0..costs.len()).min_by(first).filter(|&i| i < self.members.len())
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Choice;
    use crate::draws::{DrawPosition, Draws, Purpose};
    use crate::hypervolume::hypervolume;

    // Contract G11.
    #[test]
    fn the_volume_of_a_full_archive_is_that_of_its_members_and_never_falls() {
        for objectives in 2..=3 {
            let goals = vec![crate::Goal::Minimise; objectives - 1];
            let several =
                Several { further: goals, reference: Some(vec![4096.0; objectives]), choice: Choice::Knee };
            let mut archive = Archive::new(&several, crate::Goal::Minimise);
            let mut draws = Draws::new(objectives as u64);
            let (mut before, mut refused, mut left) = (0.0, 0, 0);
            for nth in 0..1600_u32 {
                let purpose = Purpose::Child;
                draws.seek(DrawPosition { generation: nth, species: 0, purpose, attempt: 0, child: 0 });
                // Whole numbers, so that sums of volumes are exact; first on a plane, then some in front of it.
                let depth = if nth % 8 == 7 { 4050.0 } else { 4095.0 };
                let mut costs = [0.0; 4];
                let first = draws.below(4000) as f64;
                costs[0] = first;
                costs[objectives - 1] = depth - first;
                if objectives == 3 {
                    costs[1] = draws.below(4000 - first as u64) as f64;
                    costs[2] -= costs[1];
                }
                let members = archive.members.len();
                let genome: Genome = [nth].into();
                let taken = archive.take(&Rank::feasible(&costs), 0, &genome, objectives);
                refused += u32::from(!taken && members == MOST_MEMBERS);
                left += u32::from(taken && members == MOST_MEMBERS);
                assert!(archive.members.len() <= MOST_MEMBERS && archive.hypervolume >= before);
                before = archive.hypervolume;
                if nth % 400 == 399 {
                    let all: Vec<Costs> = archive.members.iter().map(|m| m.costs).collect();
                    let reference = archive.reference.unwrap();
                    assert_eq!(archive.hypervolume, hypervolume(&all, &reference, objectives), "after {nth}");
                    let alone = |a: &Costs| all.iter().all(|b| !dominates(b, a));
                    assert!(all.iter().all(alone));
                }
            }
            assert!(objectives == 2 || refused > 9 && left > 9, "never full: {refused} {left}");
        }
    }
}
