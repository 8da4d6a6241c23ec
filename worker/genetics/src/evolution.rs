//! The loop: ask for a generation, tell its outcomes. State changes in `tell` only; an ask that was never told is
//! repeated with the same candidates.

use std::sync::Arc;

use crate::archive::Archive;
use crate::cells::Cells;
use crate::config::{Breeding, Config, Preset, Searcher};
use crate::draws::{DrawPosition, Draws, Purpose};
use crate::error::Error;
use crate::front;
use crate::generation::{Candidate, Generation, Summary, Survivor};
use crate::group::{Operators, SpeciesState};
use crate::quota;
use crate::rank::{Class, Individual, Outcome, Rank};
use crate::searcher::{Place, Told, restart_at};
use crate::space::Genome;
use crate::species::{Species, species_id};
use crate::stop::Progress;
use crate::{breed, fingerprint};

/// A run of evolution over several species.
#[derive(Clone, Debug)]
pub struct Evolution {
    pub(crate) config: Config,
    pub(crate) groups: Vec<SpeciesState>,
    pub(crate) generation: u32,
    pub(crate) fingerprint: [u8; 32],
    /// What nothing dominates, in a run with several objectives.
    pub(crate) archive: Option<Archive>,
    draws: Draws,
    open: Option<OpenGeneration>,
}

/// A generation between ask and tell.
#[derive(Clone, Debug)]
struct OpenGeneration {
    candidates: Arc<[Candidate]>,
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
        let mut draws = Draws::new(config.seed);
        let quotas = quota::proportional(config.population.into(), &vec![1; species.len()]);
        let groups = species
            .into_iter()
            .zip(quotas)
            .map(|(species, quota)| SpeciesState::new(species, quota as u32, &config, &mut draws))
            .collect::<Result<_, _>>()?;
        let archive = config.several.as_ref().map(|several| Archive::new(several, config.goal));
        Ok(Evolution { config, groups, generation: 0, fingerprint, archive, draws, open: None })
    }

    /// Marks genomes as asked for, after [`Evolution::resume`]: those of all generations before
    /// [`Evolution::generation`], from the ledger, and no others. Genomes that do not fit are refused.
    pub fn seed_seen<G: AsRef<[u32]>>(
        &mut self,
        genomes: impl IntoIterator<Item = (usize, G)>,
    ) -> Result<(), Error> {
        for (species, genome) in genomes {
            let group = self.groups.get_mut(species).ok_or(Error::State { problem: "no such species" })?;
            let genome = genome.as_ref();
            if group.species.space.check(genome).is_err() {
                return Err(Error::State { problem: "a genome of the ledger does not fit its species" });
            }
            group.supply.claim(&group.species.space, genome);
        }
        Ok(())
    }

    /// The candidates of the open generation; asking again gives the same ones.
    pub fn ask(&mut self) -> Generation {
        let candidates = match &self.open {
            Some(open) => open.candidates.clone(),
            None => self.breed(),
        };
        Generation { index: self.generation, candidates }
    }

    fn breed(&mut self) -> Arc<[Candidate]> {
        for SpeciesState { model, species, .. } in &mut self.groups {
            model.iter_mut().for_each(|model| model.get_mut().begin(&species.space));
        }
        let mut counts: Vec<u32> =
            self.groups.iter().map(|g| g.candidates(self.generation, &self.config)).collect();
        let mut filled: Vec<Vec<Candidate>> = vec![vec![]; self.groups.len()];
        let mut exhausted: Vec<bool> = self.groups.iter().map(|g| g.exhausted).collect();
        // Each further pass hands the candidates that exhausted species could not give to the others.
        loop {
            let mut left = 0;
            for (i, &wanted) in counts.iter().enumerate() {
                let before = filled[i].len();
                self.fill(i, wanted, &mut filled[i]);
                left += u64::from(wanted) - (filled[i].len() - before) as u64;
                let group = &mut self.groups[i];
                exhausted[i] = exhausted[i] || group.supply.is_exhausted(&group.species.space);
            }
            let weight = |i: usize| {
                let asks = !exhausted[i] && !self.groups[i].extinct;
                if asks { u64::from(self.groups[i].quota) } else { 0 }
            };
            let weights: Vec<u64> = (0..counts.len()).map(weight).collect();
            if left == 0 || weights.iter().all(|&w| w == 0) {
                break;
            }
            counts = quota::proportional(left, &weights).into_iter().map(|s| s as u32).collect();
        }
        let candidates: Arc<[Candidate]> = filled.into_iter().flatten().collect();
        self.open = Some(OpenGeneration { candidates: candidates.clone(), exhausted });
        candidates
    }

    /// Adds up to `wanted` candidates of one species; fewer only if its space is exhausted.
    fn fill(&mut self, i: usize, wanted: u32, out: &mut Vec<Candidate>) {
        let Evolution { config, groups, generation, draws, .. } = self;
        let generation = *generation;
        let immigrants_from = wanted - groups[i].immigrants(wanted, config);
        // Those of cells are drawn evenly: no cell is better than another.
        let elites = groups[i].cells.as_ref().map(Cells::parents).filter(|all| all.len() > 1);
        let evenly = elites.as_ref().map(|_| Breeding { tournament_size: 1, ..config.breeding.clone() });
        let elites = elites.as_deref().zip(evenly.as_ref()).zip(config.cells);
        let SpeciesState { species, supply, operators, model, survivors, .. } = &mut groups[i];
        let (space, id) = (&species.space, supply.id);
        let candidate = |genome, known| Candidate { species: i, genome, known };
        out.reserve(wanted as usize);
        let mut genome = vec![0; space.lens().len()];
        for nth in 0..wanted {
            let index = out.len() as u32;
            if generation == 0
                && let Some(genome) = species.initial.get(index as usize)
                && supply.claim(space, genome)
            {
                model.iter_mut().for_each(|model| model.get_mut().taken(false, genome));
                out.push(candidate(genome.clone(), false));
                continue;
            }
            let listed = supply.is_listed() || config.searcher == Searcher::Grid;
            let breeds = config.searcher == Searcher::Evolution
                && !listed
                && !survivors.is_empty()
                && nth < immigrants_from;
            let mut found = false;
            for attempt in 0..=if breeds { REDRAWS } else { 0 } {
                if found || !breeds {
                    break;
                }
                let at = |purpose| DrawPosition { generation, species: id, purpose, attempt, child: index };
                let from_cells = elites.filter(|(_, share)| {
                    draws.seek(at(Purpose::Cells));
                    draws.chance(*share)
                });
                draws.seek(at(Purpose::Child));
                match operators {
                    Operators::Ray(ray) => ray.child(draws, space, survivors, &mut genome),
                    Operators::Default(rests) => {
                        let (parents, breeding) =
                            from_cells.map_or((&survivors[..], &config.breeding), |(both, _)| both);
                        breed::child(draws, space, rests, parents, breeding, &mut genome)
                    }
                }
                space.repair(&mut genome);
                found = supply.claim(space, &genome);
            }
            let mut proposed = false;
            if let Some(model) = model.as_mut().map(|model| model.get_mut())
                && !listed
                && model.ready()
            {
                for attempt in 0..model.tries() {
                    let mut place =
                        Place { draws: &mut *draws, space, generation, species: id, attempt, child: index };
                    model.propose(&mut place, &mut genome);
                    space.repair(&mut genome);
                    found = supply.claim(space, &genome);
                    if found {
                        break;
                    }
                }
                proposed = found;
            }
            let bred: Option<Genome> = (breeds && !found).then(|| genome.as_slice().into());
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
        let Some(OpenGeneration { candidates, exhausted }) = self.open.take() else {
            return Err(Error::NotAsked);
        };
        let ranked = |outcome| Rank::of(outcome, self.config.goal, self.config.several.as_ref());
        let ranks: Vec<Rank> = outcomes.iter().map(ranked).collect();
        let mut grew = vec![false; self.groups.len()];
        if let Some(archive) = &mut self.archive {
            archive.refer(ranks.iter().copied());
            for (rank, candidate) in ranks.iter().zip(candidates.iter()) {
                let (species, objectives) = (candidate.species, self.config.objectives());
                grew[species] |= archive.take(rank, species, &candidate.genome, objectives);
            }
        }
        for ((candidate, rank), outcome) in candidates.iter().zip(&ranks).zip(outcomes) {
            let cells = self.groups[candidate.species].cells.as_mut();
            if let Some((cells, cell)) = cells.zip(outcome.cell) {
                cells.take(cell, *rank, &candidate.genome);
            }
        }
        let mut rest = candidates.iter().zip(ranks).peekable();
        for (i, group) in self.groups.iter_mut().enumerate() {
            let mut evaluated = Vec::with_capacity(group.quota as usize);
            while let Some((candidate, rank)) = rest.next_if(|(c, _)| c.species == i) {
                evaluated.push((rank, candidate));
            }
            if let Some(model) = group.model.as_mut().filter(|_| !evaluated.is_empty()) {
                let told: Vec<Told<'_>> = evaluated
                    .iter()
                    .map(|&(rank, Candidate { genome, known, .. })| Told { rank, genome, known: *known })
                    .collect();
                self.draws.seek(restart_at(self.generation, group.supply.id, Purpose::Restart));
                model.get_mut().tell(&told, &group.species.space, &self.config, &mut self.draws);
            }
            group.select(&evaluated, grew[i], &self.config);
            group.exhausted = exhausted[i];
        }
        self.move_quotas();
        let summary = self.summary(&candidates, outcomes);
        self.generation = self.generation.saturating_add(1);
        Ok(summary)
    }

    fn move_quotas(&mut self) {
        if self.groups.len() > 1 {
            let scores = self.scores();
            for (group, &score) in self.groups.iter_mut().zip(&scores) {
                group.silent = if score == 0 { group.silent.saturating_add(1) } else { 0 };
                let limit = self.config.breeding.extinct_after_generations;
                group.extinct = group.extinct || limit > 0 && group.silent >= limit;
            }
            let active: Vec<usize> = (0..self.groups.len()).filter(|&i| self.groups[i].is_active()).collect();
            if !active.is_empty() {
                let pick =
                    |values: &dyn Fn(usize) -> u64| active.iter().map(|&i| values(i)).collect::<Vec<_>>();
                let population = self.config.population.into();
                // Scaled up first where a species has given its quota back.
                let now = quota::proportional(population, &pick(&|i| self.groups[i].quota.into()));
                let scores = pick(&|i| scores[i]);
                let targets = quota::targets(population, self.config.breeding.min_share, &scores);
                let next =
                    if self.config.searcher.learns() { quota::next(population, &now, &targets) } else { now };
                for (&i, quota) in active.iter().zip(next) {
                    self.groups[i].quota = quota as u32;
                }
            }
        }
        for group in self.groups.iter_mut().filter(|g| !g.is_active()) {
            group.quota = 0;
        }
    }

    /// Per species: its individuals among the best half population of all survivors that did not fail.
    fn scores(&self) -> Vec<u64> {
        let mut all: Vec<(Rank, (usize, &Genome))> = Vec::new();
        for (i, group) in self.groups.iter().enumerate() {
            let alive = group.survivors.iter().filter(|s| s.rank.class != Class::Failed);
            all.extend(alive.map(|s| (s.rank, (i, &s.genome))));
        }
        let half = self.config.population as usize / 2;
        if self.config.several.is_some() {
            all = front::order(all, self.config.objectives(), half);
        } else {
            all.sort_by(|a, b| a.0.compare(&b.0).then(a.1.0.cmp(&b.1.0)));
        }
        let mut scores = vec![0; self.groups.len()];
        for (_, (i, _)) in all.iter().take(half) {
            scores[*i] += 1;
        }
        scores
    }

    /// Number of the generation that is open or will be asked next.
    pub fn generation(&self) -> u32 {
        self.generation
    }

    /// The species, as given.
    pub fn species(&self) -> impl ExactSizeIterator<Item = &Species> {
        self.groups.iter().map(|g| &g.species)
    }

    /// All survivors, species by species, best first.
    pub fn survivors(&self) -> impl Iterator<Item = Survivor<'_>> {
        let config = &self.config;
        let of = move |(i, group)| survivors_of(i, group, config);
        self.groups.iter().enumerate().flat_map(of)
    }

    /// Candidates each species may ask for next.
    pub fn quotas(&self) -> Vec<u32> {
        self.groups.iter().map(|g| g.quota).collect()
    }

    /// Distinct evaluations of each species so far.
    pub fn evaluations(&self) -> Vec<u64> {
        self.groups.iter().map(|g| g.evaluations).collect()
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

    /// Whether the operators are those of the Ray preset.
    pub(crate) fn is_ray(config: &Config) -> bool {
        config.searcher == Searcher::Evolution && config.breeding.preset == Preset::Ray
    }
}

/// Further draws of a child whose genome is known.
const REDRAWS: u8 = 4;

pub(crate) fn survivors_of<'a>(
    species: usize,
    group: &'a SpeciesState,
    config: &'a Config,
) -> impl Iterator<Item = Survivor<'a>> {
    group.survivors.iter().map(move |Individual { rank, genome }| Survivor {
        species,
        genome,
        outcome: rank.outcome(config),
    })
}
