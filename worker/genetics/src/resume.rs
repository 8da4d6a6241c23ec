//! A run as its saved state, and a run that goes on from one.

use crate::archive::MOST_MEMBERS;
use crate::cells::Cells;
use crate::config::Config;
use crate::error::Error;
use crate::evolution::Evolution;
use crate::group::SpeciesState;
use crate::memory::Bytes;
use crate::rank::{Individual, Rank};
use crate::species::Species;
use crate::state::{Saved, State};

impl Evolution {
    /// The run as of the last finished generation; an open one is not part of it and will be asked again.
    pub fn state(&self) -> State {
        let groups = self.groups.iter().map(|g| Saved {
            quota: g.quota,
            stagnant: g.stagnant,
            silent: g.silent,
            extinct: g.extinct,
            exhausted: g.exhausted,
            evaluations: g.evaluations,
            genes: g.species.space.lens().len() as u32,
            survivors: g.survivors.iter().map(|s| (s.rank.outcome(&self.config), s.genome.clone())).collect(),
        });
        State {
            fingerprint: self.fingerprint,
            generation: self.generation,
            groups: groups.collect(),
            archive: self.archive.clone(),
            memories: self.groups.iter().map(|group| self.memory(group)).collect(),
            cells: self.groups.iter().map(|g| Some(g.cells.as_ref()?.save(&self.config))).collect(),
        }
    }

    /// What the searcher of a species remembers.
    fn memory(&self, group: &SpeciesState) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        group.model.as_ref()?.get().save(&self.config, &mut out);
        Some(out)
    }

    /// Continues a run; [`Evolution::seed_seen`] must follow. Configuration and species must be those of the
    /// state.
    pub fn resume(config: Config, species: Vec<Species>, state: &State) -> Result<Evolution, Error> {
        let fail = |problem| Err(Error::State { problem });
        let mut run = Evolution::new(config, species)?;
        if run.fingerprint != state.fingerprint || run.groups.len() != state.groups.len() {
            return fail("it belongs to another configuration or other species");
        }
        let total: u64 = state.groups.iter().map(|g| u64::from(g.quota)).sum();
        if total > u64::from(run.config.population) {
            return fail("its quotas exceed the population");
        }
        for (group, saved) in run.groups.iter_mut().zip(&state.groups) {
            let space = &group.species.space;
            for (outcome, genome) in &saved.survivors {
                if space.canonical(genome).ok().as_ref() != Some(genome) || !outcome.is_valid() {
                    return fail("a survivor does not fit its species");
                }
                let rank = Rank::of(outcome, run.config.goal, run.config.several.as_ref());
                group.survivors.push(Individual { rank, genome: genome.clone() });
            }
            // Crowding was counted among more than those that survived: of several objectives only classes can be checked.
            let several = run.config.several.is_some();
            let misplaced = |w: &[Individual]| match several {
                false => w[0].compare(&w[1]).is_ge(),
                true => w[0].rank.class > w[1].rank.class,
            };
            if group.survivors.windows(2).any(misplaced) {
                return fail("its survivors are out of order");
            }
            group.quota = saved.quota;
            group.stagnant = saved.stagnant;
            group.silent = saved.silent;
            group.extinct = saved.extinct;
            group.exhausted = saved.exhausted;
            group.evaluations = saved.evaluations;
        }
        if let Some(archive) = &state.archive {
            // Earlier builds kept all: a run that went on from them would never be what an undisturbed one is.
            if archive.members.len() > MOST_MEMBERS {
                return fail("its front is larger than a front is");
            }
            for member in &archive.members {
                let space = run.groups.get(run.groups_of(member.species).start).map(|g| &g.species.space);
                let fits =
                    space.is_some_and(|s| s.canonical(&member.genome).ok().as_ref() == Some(&member.genome));
                if !fits || member.costs.iter().any(|c| !c.is_finite()) {
                    return fail("an individual of its front does not fit its species");
                }
            }
        }
        if run.archive.is_some() != state.archive.is_some() {
            return fail("it has not as many objectives");
        }
        if state.memories.is_some() != run.groups.iter().any(|g| g.model.is_some()) {
            return fail("it is of another searcher");
        }
        for (group, memory) in run.groups.iter_mut().zip(state.memories.iter().flatten()) {
            let mut bytes = Bytes(memory);
            let space = &group.species.space;
            let taken =
                group.model.as_mut().and_then(|m| m.get_mut().restore(&mut bytes, space, &run.config));
            if taken.is_none() || !bytes.0.is_empty() {
                return fail("what its searcher remembers does not fit its species");
            }
        }
        if state.cells.is_some() != run.config.cells.is_some() {
            return fail("it has other cells");
        }
        for (group, saved) in run.groups.iter_mut().zip(state.cells.iter().flatten()) {
            let restored = Cells::restore(saved, &group.species.space, &run.config);
            group.cells = Some(restored.ok_or(Error::State { problem: "its cells do not fit its species" })?);
        }
        run.archive.clone_from(&state.archive);
        run.generation = state.generation;
        Ok(run)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::Member;
    use crate::config::{Breeding, Choice, Searcher, Several};
    use crate::grid::Grid;
    use crate::rank::Goal;
    use crate::space::{GeneKind, GeneSpace, Space};

    // Contract G11: what an earlier build kept without a limit is bred anew from the ledger.
    #[test]
    fn a_front_beyond_the_most_members_is_not_gone_on_from() {
        let config = Config {
            seed: 1,
            population: 10,
            searcher: Searcher::Evolution,
            breeding: Breeding::default(),
            goal: Goal::Minimise,
            several: Some(Several { further: vec![Goal::Minimise], reference: None, choice: Choice::Knee }),
            cells: None,
            islands: None,
        };
        let grid = Grid::linear("x", 0.into(), 9999.into(), 1.into()).unwrap();
        let gene = GeneSpace { name: "x".into(), kind: GeneKind::Integer, grid, default: None };
        let space = Space::new(vec![gene], vec![]).unwrap();
        let species = || vec![Species { name: "one".into(), space: space.clone(), initial: vec![] }];
        let mut state = Evolution::new(config.clone(), species()).unwrap().state();
        let members = &mut state.archive.as_mut().unwrap().members;
        let member = |k: u32| Member {
            species: 0,
            genome: [k].into(),
            costs: [f64::from(k), -f64::from(k), 0.0, 0.0],
        };
        members.extend((0..MOST_MEMBERS as u32).map(member));
        let again = State::from_bytes(&state.to_bytes()).unwrap();
        assert!(Evolution::resume(config.clone(), species(), &again).is_ok());
        state.archive.as_mut().unwrap().members.push(member(5000));
        let again = State::from_bytes(&state.to_bytes()).unwrap();
        assert!(Evolution::resume(config, species(), &again).is_err());
    }
}
