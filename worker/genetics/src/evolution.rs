//! The loop: ask for a generation, tell its outcomes. State changes in `tell` only; an ask that was never told is
//! repeated with the same candidates.

use std::sync::Arc;

use crate::archive::Archive;
use crate::cells::Cells;
use crate::children::{Children, DrawnAhead, REDRAWS};
use crate::config::{Breeding, Config, Searcher};
use crate::draws::{Draws, Purpose};
use crate::error::Error;
use crate::fingerprint;
use crate::generation::{Candidate, Generation, Summary, Survivor};
use crate::group::SpeciesState;
use crate::islands::{self, Islands};
use crate::quota;
use crate::rank::{Class, Individual, Outcome, Rank};
use crate::searcher::{Place, Told, restart_at};
use crate::space::Genome;
use crate::species::{Species, species_id};
use crate::stop::Progress;
use crate::supply::Supply;

/// A run of evolution over several species.
#[derive(Clone, Debug)]
pub struct Evolution {
    pub(crate) config: Config,
    /// Species by species, of each island by island.
    pub(crate) groups: Vec<SpeciesState>,
    /// Per species what it has not asked for yet, on all islands.
    pub(crate) supplies: Vec<Supply>,
    pub(crate) generation: u32,
    pub(crate) fingerprint: [u8; 32],
    /// What nothing dominates, in a run with several objectives.
    pub(crate) archive: Option<Archive>,
    /// Per island.
    draws: Vec<Draws>,
    open: Option<OpenGeneration>,
}

/// A generation between ask and tell.
#[derive(Clone, Debug)]
struct OpenGeneration {
    candidates: Arc<[Candidate]>,
    /// Per group: how many of them are its own.
    counts: Vec<usize>,
    /// Per species: whether its space is exhausted after these candidates.
    exhausted: Vec<bool>,
}

impl Evolution {
    /// Sets up a run; the first quotas are equal.
    pub fn new(config: Config, species: Vec<Species>) -> Result<Evolution, Error> {
        if species.is_empty() {
            return Err(Error::NoSpecies);
        }
        config.check(species.len())?;
        for (i, a) in species.iter().enumerate() {
            if let Some(b) = species[..i].iter().find(|b| species_id(&b.name) == species_id(&a.name)) {
                return Err(Error::Collision { first: b.name.clone(), second: a.name.clone() });
            }
        }
        let fingerprint = fingerprint::fingerprint(&config, &species);
        let quotas: Vec<Vec<u64>> = config
            .island_populations()
            .into_iter()
            .map(|population| quota::proportional(population, &vec![1; species.len()]))
            .collect();
        let mut draws: Vec<Draws> = match config.islands {
            None => vec![Draws::new(config.seed)],
            Some(Islands { count, .. }) => {
                (0..count).map(|island| Draws::new(islands::seed(config.seed, island))).collect()
            }
        };
        let mut of_all = Draws::new(config.seed);
        let (mut groups, mut supplies) = (Vec::new(), Vec::new());
        for (i, species) in species.into_iter().enumerate() {
            let species = Arc::new(species.canonical()?);
            let quota = quotas.iter().map(|on_island| on_island[i]).sum();
            supplies.push(Supply::of(&species, quota, config.searcher, &mut of_all));
            for (draws, quotas) in draws.iter_mut().zip(&quotas) {
                groups.push(SpeciesState::new(&species, quotas[i] as u32, &config, draws));
            }
        }
        let archive = config.several.as_ref().map(|several| Archive::new(several, config.goal));
        Ok(Evolution { config, groups, supplies, generation: 0, fingerprint, archive, draws, open: None })
    }

    /// Marks genomes as asked for, after [`Evolution::resume`]: those of all generations before
    /// [`Evolution::generation`], from the ledger, and no others. Genomes that do not fit are refused.
    pub fn seed_seen<G: AsRef<[u32]>>(
        &mut self,
        genomes: impl IntoIterator<Item = (usize, G)>,
    ) -> Result<(), Error> {
        for (species, genome) in genomes {
            let own = self.groups_of(species);
            let (Some(supply), Some(group)) = (self.supplies.get_mut(species), self.groups.get(own.start))
            else {
                return Err(Error::State { problem: "no such species" });
            };
            let genome = genome.as_ref();
            if group.species.space.check(genome).is_err() {
                return Err(Error::State { problem: "a genome of the ledger does not fit its species" });
            }
            supply.claim(&group.species.space, genome);
        }
        Ok(())
    }

    /// The candidates of the open generation; asking again gives the same ones.
    pub fn ask(&mut self) -> Generation {
        self.ask_on(1)
    }

    /// The same, bred on up to `threads` threads. A draw depends on its position alone, so the candidates do not depend on them.
    pub fn ask_on(&mut self, threads: usize) -> Generation {
        let candidates = match &self.open {
            Some(open) => open.candidates.clone(),
            None => self.breed(threads),
        };
        Generation { index: self.generation, candidates }
    }

    fn breed(&mut self, threads: usize) -> Arc<[Candidate]> {
        for SpeciesState { model, species, .. } in &mut self.groups {
            model.iter_mut().for_each(|model| model.get_mut().begin(&species.space));
        }
        let islands = self.config.island_count();
        let wanted = |(i, group): (usize, &SpeciesState)| {
            group.candidates(self.generation, self.supplies[i / islands].is_listed(), &self.config)
        };
        let mut counts: Vec<u32> = self.groups.iter().enumerate().map(wanted).collect();
        let mut filled: Vec<Vec<Candidate>> = vec![vec![]; self.groups.len()];
        let mut exhausted: Vec<bool> = self.groups.iter().step_by(islands).map(|g| g.exhausted).collect();
        // Each further pass hands the candidates that exhausted species could not give to the others.
        loop {
            let mut left = 0;
            for (i, &wanted) in counts.iter().enumerate() {
                let before = filled[i].len();
                self.fill(i, wanted, &mut filled[i], threads);
                left += u64::from(wanted) - (filled[i].len() - before) as u64;
                let species = i / islands;
                exhausted[species] =
                    exhausted[species] || self.supplies[species].is_exhausted(&self.groups[i].species.space);
            }
            let weight = |i: usize| {
                let asks = !exhausted[i / islands] && !self.groups[i].extinct;
                if asks { u64::from(self.groups[i].quota) } else { 0 }
            };
            let weights: Vec<u64> = (0..counts.len()).map(weight).collect();
            if left == 0 || weights.iter().all(|&w| w == 0) {
                break;
            }
            counts = quota::proportional(left, &weights).into_iter().map(|s| s as u32).collect();
        }
        let counts = filled.iter().map(Vec::len).collect();
        let candidates: Arc<[Candidate]> = filled.into_iter().flatten().collect();
        self.open = Some(OpenGeneration { candidates: candidates.clone(), counts, exhausted });
        candidates
    }

    /// Adds up to `wanted` candidates of one group; fewer only if the space of its species is exhausted.
    fn fill(&mut self, i: usize, wanted: u32, out: &mut Vec<Candidate>, threads: usize) {
        let Evolution { config, groups, supplies, generation, draws, .. } = self;
        let islands = draws.len();
        let (of, island) = (i / islands, i % islands);
        let (generation, supply, draws) = (*generation, &mut supplies[of], &mut draws[island]);
        let immigrants_from = wanted - groups[i].immigrants(wanted, config);
        // Those of cells are drawn evenly: no cell is better than another.
        let elites = groups[i].cells.as_ref().map(Cells::parents).filter(|all| all.len() > 1);
        let evenly = elites.as_ref().map(|_| Breeding { tournament_size: 1, ..config.breeding.clone() });
        let elites = elites.as_deref().zip(evenly.as_ref()).zip(config.cells);
        let SpeciesState { species, operators, model, survivors, .. } = &mut groups[i];
        let (space, id) = (&species.space, supply.id);
        let candidate = |genome, known| Candidate { species: of, island: island as u32, genome, known };
        out.reserve(wanted as usize);
        let listed = supply.is_listed() || config.searcher == Searcher::Grid;
        let breeds = config.searcher == Searcher::Evolution && !listed && !survivors.is_empty();
        let children = breeds.then(|| Children {
            operators,
            space,
            survivors,
            breeding: &config.breeding,
            cells: elites.map(|((best, breeding), share)| (best, breeding, share)),
            generation,
            species: id,
        });
        let ahead = children.as_ref().map_or_else(DrawnAhead::default, |children| {
            children.ahead(draws, supply, out.len() as u32, immigrants_from, threads)
        });
        let mut genome = vec![0; space.lens().len()];
        for nth in 0..wanted {
            let index = out.len() as u32;
            if generation == 0
                && let Some(genome) = species.initial.get(index as usize * islands + island)
                && supply.claim(space, genome)
            {
                model.iter_mut().for_each(|model| model.get_mut().taken(false, genome));
                out.push(candidate(genome.clone(), false));
                continue;
            }
            let children = children.as_ref().filter(|_| nth < immigrants_from);
            let mut found = false;
            if let Some(children) = children {
                let (drawn, attempt) = ahead.child(nth as usize);
                genome.copy_from_slice(drawn);
                found = supply.claim(space, &genome);
                for attempt in attempt + 1..=REDRAWS {
                    if found {
                        break;
                    }
                    children.draw(draws, index, attempt, &mut genome);
                    found = supply.claim(space, &genome);
                }
            }
            let mut proposed = false;
            if let Some(model) = model.as_mut().map(|model| model.get_mut())
                && !listed
                && model.ready()
            {
                for attempt in 0..model.tries() {
                    let mut place = Place {
                        draws: &mut *draws,
                        space,
                        generation,
                        species: id,
                        attempt,
                        child: index,
                        supply: &*supply,
                    };
                    model.propose(&mut place, &mut genome);
                    space.repair(&mut genome);
                    found = supply.claim(space, &genome);
                    if found {
                        break;
                    }
                }
                proposed = found;
            }
            let bred: Option<Genome> = (children.is_some() && !found).then(|| genome.as_slice().into());
            found = found || !listed && supply.uniform(space, draws, generation, index, &mut genome);
            let (genome, known) = if found {
                (genome.as_slice().into(), false)
            } else if let Some(next) = supply.next(space) {
                supply.claim(space, &next);
                (next, false)
            } else if supply.is_exhausted(space) {
                return;
            } else {
                let drawn = bred.unwrap_or_else(|| genome.as_slice().into());
                let allowed = space.allowed(drawn);
                let known = !supply.claim(space, &allowed);
                (allowed, known)
            };
            model.iter_mut().for_each(|model| model.get_mut().taken(proposed, &genome));
            out.push(candidate(genome, known));
        }
    }

    /// Takes one outcome per candidate, in index order; the best survive and quotas move.
    pub fn tell(&mut self, outcomes: &[Outcome]) -> Result<Summary, Error> {
        let open = self.open.as_ref().ok_or(Error::NotAsked)?;
        let (given, expected) = (outcomes.len(), open.candidates.len());
        if given != expected {
            return Err(Error::Outcomes { given, expected });
        }
        if let Some(index) = outcomes.iter().position(|o| !o.is_valid()) {
            let Outcome { fitness, violation, .. } = outcomes[index];
            return Err(Error::NotFinite { index, fitness, violation });
        }
        let Some(OpenGeneration { candidates, counts, exhausted }) = self.open.take() else {
            return Err(Error::NotAsked);
        };
        let ranked = |outcome| Rank::of(outcome, self.config.goal, self.config.several.as_ref());
        let ranks: Vec<Rank> = outcomes.iter().map(ranked).collect();
        let mut grew = vec![false; self.groups.len()];
        if let Some(archive) = &mut self.archive {
            archive.refer(ranks.iter().copied());
            let mut each = ranks.iter().zip(candidates.iter());
            for (grew, &own) in grew.iter_mut().zip(&counts) {
                for (rank, Candidate { species, genome, .. }) in each.by_ref().take(own) {
                    *grew |= archive.take(rank, *species, genome, self.config.objectives());
                }
            }
        }
        let islands = self.config.island_count();
        let mut rest = candidates.iter().zip(ranks).zip(outcomes);
        for (i, (group, own)) in self.groups.iter_mut().zip(counts).enumerate() {
            let mut evaluated = Vec::with_capacity(own);
            for ((candidate, rank), outcome) in rest.by_ref().take(own) {
                if let Some((cells, cell)) = group.cells.as_mut().zip(outcome.cell) {
                    cells.take(cell, rank, &candidate.genome);
                }
                evaluated.push((rank, candidate));
            }
            if let Some(model) = group.model.as_mut().filter(|_| !evaluated.is_empty()) {
                let told: Vec<Told<'_>> = evaluated
                    .iter()
                    .map(|&(rank, Candidate { genome, known, .. })| Told { rank, genome, known: *known })
                    .collect();
                let draws = &mut self.draws[i % islands];
                let id = self.supplies[i / islands].id;
                draws.seek(restart_at(self.generation, id, Purpose::Restart));
                model.get_mut().tell(&told, &group.species.space, &self.config, draws);
            }
            group.select(&evaluated, grew[i], &self.config);
            group.exhausted = exhausted[i / islands];
        }
        self.migrate();
        for (island, population) in self.config.island_populations().into_iter().enumerate() {
            self.move_quotas(island, population);
        }
        let summary = self.summary(&candidates, outcomes);
        self.generation = self.generation.saturating_add(1);
        Ok(summary)
    }

    /// Number of the generation that is open or will be asked next.
    pub fn generation(&self) -> u32 {
        self.generation
    }

    /// The species, as given.
    pub fn species(&self) -> impl ExactSizeIterator<Item = &Species> {
        self.groups.iter().step_by(self.config.island_count()).map(|g| g.species.as_ref())
    }

    /// All survivors, species by species, of each island by island, best first.
    pub fn survivors(&self) -> impl Iterator<Item = Survivor<'_>> {
        (0..self.supplies.len()).flat_map(|species| self.survivors_of(species))
    }

    /// The survivors of a species, island by island, best first.
    pub(crate) fn survivors_of(&self, species: usize) -> impl Iterator<Item = Survivor<'_>> {
        let each = self.groups[self.groups_of(species)].iter().flat_map(|group| &group.survivors);
        each.map(move |Individual { rank, genome }| {
            let outcome = rank.outcome(&self.config);
            Survivor { species, genome, outcome }
        })
    }

    /// Candidates each species may ask for next, on all islands together.
    pub fn quotas(&self) -> Vec<u32> {
        let count = self.config.island_count();
        self.groups.chunks(count).map(|own| own.iter().map(|g| g.quota).sum()).collect()
    }

    /// Distinct evaluations of each species so far.
    pub fn evaluations(&self) -> Vec<u64> {
        let count = self.config.island_count();
        self.groups.chunks(count).map(|own| own.iter().map(|g| g.evaluations).sum()).collect()
    }

    /// Whether no species can ask for anything new.
    pub fn exhausted(&self) -> bool {
        self.groups.iter().all(|g| !g.is_active())
    }

    /// Where the run stands, for [`crate::stop()`].
    pub fn progress(&self) -> Progress {
        let best = self.best().filter(|b| b.outcome.class == Class::Feasible).map(|b| b.outcome.fitness);
        Progress { best, evaluations: self.evaluations().iter().sum(), exhausted: self.exhausted() }
    }

    /// The configuration, as given.
    pub fn config(&self) -> &Config {
        &self.config
    }
}
