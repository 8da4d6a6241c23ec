//! The best of a run: one individual, or with several objectives those that nothing dominates and the one that is chosen.

use crate::archive::Member;
use crate::config::Choice;
use crate::evolution::Evolution;
use crate::generation::{Best, Survivor};
use crate::rank::{Class, Individual, Rank};

/// Why a point of a front is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    /// The one farthest below the plane through the ends of the front.
    Knee,
    /// The best of the objective in this place.
    Best(usize),
}

/// Individuals that are shown where none is feasible.
const LEAST_VIOLATING: usize = 10;

impl Evolution {
    /// The best individual of a species, feasible or not. With several objectives: of its members of the front the one that
    /// the run's choice likes best, or where it has none, of its feasible survivors.
    pub fn best_of_species(&self, species: usize) -> Option<Best<'_>> {
        if let Some(member) = self.chosen(|s| s == species) {
            return Some(member);
        }
        let groups = self.groups.get(self.groups_of(species))?;
        let first = || groups.iter().filter_map(|g| g.survivors.first()).min_by(|a, b| a.compare(b));
        let nearest = self.archive.as_ref().and_then(|archive| {
            let distance = archive.chooser(self.choice(), self.config.objectives());
            let all = groups.iter().flat_map(|g| &g.survivors);
            let feasible = all.filter(|s| s.rank.class == Class::Feasible);
            let near = feasible.map(|s| (distance(&s.rank.costs()), s));
            let nearer = |a: &(f64, &Individual), b: &(f64, &Individual)| {
                a.0.total_cmp(&b.0).then_with(|| a.1.genome.cmp(&b.1.genome))
            };
            near.min_by(nearer).map(|(_, s)| s)
        });
        let one = nearest.or_else(first)?;
        Some(Survivor { species, genome: &one.genome, outcome: one.rank.outcome(&self.config) })
    }

    /// How many individuals no other dominates, over all generations, and the volume that they dominate; `None` with one
    /// objective.
    pub fn front_size(&self) -> Option<(u32, f64)> {
        self.archive.as_ref().map(|archive| (archive.members.len() as u32, archive.hypervolume))
    }

    /// The point that volumes are measured against, a value for each objective in its own direction; `None` with one
    /// objective, and while nothing was feasible.
    pub fn reference_point(&self) -> Option<Vec<f64>> {
        let outcome = Rank::feasible(&self.archive.as_ref()?.reference?).outcome(&self.config);
        let further = outcome.further.into_iter().take(self.config.objectives() - 1);
        Some(std::iter::once(outcome.fitness).chain(further).collect())
    }

    /// The points of a front that are told first: the knee, then the best of each objective, of equals the one that comes first
    /// in the front. Nothing with one objective, and while nothing is feasible.
    pub fn named_points(&self) -> Vec<(Named, Best<'_>)> {
        let Some(archive) = &self.archive else { return Vec::new() };
        let objectives = self.config.objectives();
        let shown: Vec<&Member> = archive.shown(objectives).into_iter().map(|(m, _)| m).collect();
        let distance = archive.chooser(Choice::Knee, objectives);
        let least = |of: &dyn Fn(&Member) -> f64| {
            let order = |a: &&&Member, b: &&&Member| {
                of(a).total_cmp(&of(b)).then_with(|| (a.species, &a.genome).cmp(&(b.species, &b.genome)))
            };
            shown.iter().min_by(order).map(|m| self.survivor(m))
        };
        let knee = least(&|m| distance(&m.costs)).map(|s| (Named::Knee, s));
        let best = (0..objectives).filter_map(|k| Some((Named::Best(k), least(&|m| m.costs[k])?)));
        knee.into_iter().chain(best).collect()
    }

    fn choice(&self) -> Choice {
        self.config.several.as_ref().map_or(Choice::Knee, |several| several.choice)
    }

    /// Of the front of several objectives, and the species that are wanted, the one that the run's choice likes best.
    fn chosen(&self, wanted: impl Fn(usize) -> bool) -> Option<Best<'_>> {
        let archive = self.archive.as_ref()?;
        let objectives = self.config.objectives();
        let distance = archive.chooser(self.choice(), objectives);
        let shown = archive.shown(objectives).into_iter().map(|(m, _)| m).filter(|m| wanted(m.species));
        let key = |m: &&Member| (m.species, m.genome.clone());
        let best = shown.min_by(|a, b| {
            distance(&a.costs).total_cmp(&distance(&b.costs)).then_with(|| key(a).cmp(&key(b)))
        })?;
        Some(self.survivor(best))
    }

    fn survivor<'a>(&self, member: &'a Member) -> Best<'a> {
        let outcome = Rank::feasible(&member.costs).outcome(&self.config);
        Survivor { species: member.species, genome: &member.genome, outcome }
    }

    /// The front of a run with several objectives, by the first of them, each with how far its neighbours are: what no
    /// individual of any generation dominates, at most [`crate::MOST_SHOWN`] that stand most alone. Without a feasible
    /// individual the ones that break the limits least, of the survivors.
    pub fn front(&self) -> Vec<(Survivor<'_>, Option<f64>)> {
        let Some(archive) = &self.archive else { return Vec::new() };
        let shown = archive.shown(self.config.objectives());
        if !shown.is_empty() {
            return shown.into_iter().map(|(m, alone)| (self.survivor(m), Some(alone))).collect();
        }
        let islands = self.config.island_count();
        let infeasible = self.groups.iter().enumerate().flat_map(|(i, group)| {
            let broken = group.survivors.iter().filter(|s| s.rank.class == Class::Infeasible);
            broken.map(move |s| (&s.rank, i / islands, &s.genome))
        });
        let mut all: Vec<_> = infeasible.collect();
        all.sort_by(|a, b| a.0.compare(b.0).then_with(|| (a.1, a.2).cmp(&(b.1, b.2))));
        all.dedup_by(|a, b| (a.1, a.2) == (b.1, b.2));
        let least = all.into_iter().take(LEAST_VIOLATING);
        least
            .map(|(rank, species, genome)| {
                (Survivor { species, genome, outcome: rank.outcome(&self.config) }, None)
            })
            .collect()
    }

    /// The best individual of the run, feasible or not; ties go to the species named first. With several objectives the one
    /// of the front that the run's choice likes best.
    pub fn best(&self) -> Option<Best<'_>> {
        if let Some(chosen) = self.chosen(|_| true) {
            return Some(chosen);
        }
        let firsts = self.groups.iter().enumerate().filter_map(|(i, g)| Some((i, g.survivors.first()?)));
        let (i, _) = firsts.min_by(|a, b| a.1.rank.compare(&b.1.rank).then(a.0.cmp(&b.0)))?;
        self.best_of_species(i / self.config.island_count())
    }
}
