//! Species compete for quotas, on each island apart.

use crate::evolution::Evolution;
use crate::front;
use crate::quota;
use crate::rank::{Class, Rank};
use crate::space::Genome;

impl Evolution {
    /// Quotas move to the species whose survivors are good; those that cannot ask any more give theirs back.
    pub(crate) fn move_quotas(&mut self, island: usize, population: u64) {
        let own = self.groups_on(island);
        if self.supplies.len() > 1 {
            let scores = self.scores(island, population as usize / 2);
            for (i, &score) in own.clone().zip(&scores) {
                let group = &mut self.groups[i];
                group.silent = if score == 0 { group.silent.saturating_add(1) } else { 0 };
                let limit = self.config.breeding.extinct_after_generations;
                group.extinct = group.extinct || limit > 0 && group.silent >= limit;
            }
            let (active, scores): (Vec<usize>, Vec<u64>) =
                own.clone().zip(scores).filter(|&(i, _)| self.groups[i].is_active()).unzip();
            if !active.is_empty() {
                let quotas: Vec<u64> = active.iter().map(|&i| self.groups[i].quota.into()).collect();
                // Scaled up first where a species has given its quota back.
                let now = quota::proportional(population, &quotas);
                let targets = quota::targets(population, self.config.breeding.min_share, &scores);
                let next =
                    if self.config.searcher.learns() { quota::next(population, &now, &targets) } else { now };
                for (&i, quota) in active.iter().zip(next) {
                    self.groups[i].quota = quota as u32;
                }
            }
        }
        for i in own {
            if !self.groups[i].is_active() {
                self.groups[i].quota = 0;
            }
        }
    }

    /// Per species: its individuals among the best half population of all survivors of an island that did not fail.
    fn scores(&self, island: usize, half: usize) -> Vec<u64> {
        let mut all: Vec<(Rank, (usize, &Genome))> = Vec::new();
        for (i, group) in self.groups_on(island).enumerate() {
            let alive = self.groups[group].survivors.iter().filter(|s| s.rank.class != Class::Failed);
            all.extend(alive.map(|s| (s.rank, (i, &s.genome))));
        }
        if self.config.several.is_some() {
            all = front::order(all, self.config.objectives(), half);
        } else {
            all.sort_by(|a, b| a.0.compare(&b.0).then(a.1.0.cmp(&b.1.0)));
        }
        let mut scores = vec![0; self.supplies.len()];
        for (_, (i, _)) in all.iter().take(half) {
            scores[*i] += 1;
        }
        scores
    }
}
