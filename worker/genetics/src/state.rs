//! A run between two generations as bytes. Everything but the set of seen genomes, which the caller's ledger
//! holds already ([`Evolution::seed_seen`]).
//!
//! Layout, little-endian: "GLPS", format u16, fingerprint of configuration and species 32 bytes, generation u32,
//! species u32; per species quota u32, stagnant u32, silent u32, flags u8 (1 extinct, 2 exhausted), evaluations
//! u64, genes u32, survivors u32, and per survivor class u8, violation f64, fitness f64, indices u32; at the end
//! BLAKE3 of all before, 32 bytes. A run with several objectives has format 2: three more f64 behind each fitness, and
//! behind the species the archive: u8 1 and 4 f64 of the reference point, or u8 0; hypervolume f64; members u32, and
//! per member species u32, genes u32, indices u32, 4 costs f64. A run whose searcher has a memory has format 3, of several
//! objectives 4: at the end stand per species the length u32 and the bytes of it (`memory.rs`).

use crate::archive::{Archive, Member};
use crate::config::{Config, Preset, Searcher};
use crate::error::Error;
use crate::evolution::Evolution;
use crate::grid::Grid;
use crate::group::SpeciesState;
use crate::memory::Bytes;
use crate::rank::{Class, Goal, Individual, Outcome, Rank};
use crate::space::{Constraint, Genome};
use crate::species::Species;

const MAGIC: &[u8; 4] = b"GLPS";
const FORMAT: u16 = 1;
const FORMAT_OF_SEVERAL: u16 = 2;
/// Added to the format where searchers have a memory.
const REMEMBERS: u16 = 2;

/// A run between two generations.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    fingerprint: [u8; 32],
    generation: u32,
    groups: Vec<Saved>,
    archive: Option<Archive>,
    /// Per species what its searcher remembers; `None` where searchers have no memory.
    memories: Option<Vec<Vec<u8>>>,
}

#[derive(Clone, Debug, PartialEq)]
struct Saved {
    quota: u32,
    stagnant: u32,
    silent: u32,
    extinct: bool,
    exhausted: bool,
    evaluations: u64,
    genes: u32,
    survivors: Vec<(Outcome, Genome)>,
}

/// Why bytes are not a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StateError {
    /// Not a state at all, or a newer format.
    #[error("not a saved state of format {FORMAT}")]
    Format,
    /// The bytes are cut short or altered: the BLAKE3 hash at their end does not match.
    #[error("the saved state is damaged: use the one before")]
    Damaged,
}

impl State {
    /// The generation that will be asked next.
    pub fn generation(&self) -> u32 {
        self.generation
    }

    /// The bytes of this state; the same state gives the same bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let State { fingerprint, generation, groups, archive, memories } = self;
        let format = if archive.is_some() { FORMAT_OF_SEVERAL } else { FORMAT };
        let format = format + if memories.is_some() { REMEMBERS } else { 0 };
        let mut out = Vec::new();
        out.extend(MAGIC);
        out.extend(format.to_le_bytes());
        out.extend(fingerprint);
        out.extend(generation.to_le_bytes());
        out.extend((groups.len() as u32).to_le_bytes());
        for Saved { quota, stagnant, silent, extinct, exhausted, evaluations, genes, survivors } in groups {
            for word in [quota, stagnant, silent] {
                out.extend(word.to_le_bytes());
            }
            out.push(u8::from(*extinct) | u8::from(*exhausted) << 1);
            out.extend(evaluations.to_le_bytes());
            out.extend(genes.to_le_bytes());
            out.extend((survivors.len() as u32).to_le_bytes());
            for (Outcome { class, fitness, violation, further }, genome) in survivors {
                out.push(*class as u8);
                out.extend(violation.to_bits().to_le_bytes());
                out.extend(fitness.to_bits().to_le_bytes());
                let further = further.iter().filter(|_| archive.is_some());
                further.for_each(|value| out.extend(value.to_bits().to_le_bytes()));
                genome.iter().for_each(|k| out.extend(k.to_le_bytes()));
            }
        }
        if let Some(archive) = archive {
            put_archive(archive, &mut out);
        }
        for memory in memories.iter().flatten() {
            out.extend((memory.len() as u32).to_le_bytes());
            out.extend(memory);
        }
        let hash = blake3::hash(&out);
        out.extend(hash.as_bytes());
        out
    }

    /// Reads bytes of [`State::to_bytes`]; anything else is an error.
    pub fn from_bytes(bytes: &[u8]) -> Result<State, StateError> {
        let format = bytes.get(4..).and_then(|rest| rest.first_chunk()).map(|two| u16::from_le_bytes(*two));
        let (several, remembers) = match format {
            Some(FORMAT) => (false, false),
            Some(FORMAT_OF_SEVERAL) => (true, false),
            Some(format) if format == FORMAT + REMEMBERS => (false, true),
            Some(format) if format == FORMAT_OF_SEVERAL + REMEMBERS => (true, true),
            _ => return Err(StateError::Format),
        };
        if bytes.get(..4) != Some(MAGIC) {
            return Err(StateError::Format);
        }
        let end = bytes.len().checked_sub(32).ok_or(StateError::Damaged)?;
        let (body, hash) = bytes.split_at(end);
        if blake3::hash(body).as_bytes() != hash {
            return Err(StateError::Damaged);
        }
        let mut reader = Reader(body.get(6..).ok_or(StateError::Damaged)?, several);
        let state = reader.state(remembers).ok_or(StateError::Damaged)?;
        if reader.0.is_empty() { Ok(state) } else { Err(StateError::Damaged) }
    }
}

fn put_archive(archive: &Archive, out: &mut Vec<u8>) {
    let Archive { reference, members, hypervolume } = archive;
    let number = |value: f64, out: &mut Vec<u8>| out.extend(value.to_bits().to_le_bytes());
    out.push(u8::from(reference.is_some()));
    reference.iter().flatten().for_each(|&value| number(value, out));
    number(*hypervolume, out);
    out.extend((members.len() as u32).to_le_bytes());
    for Member { species, genome, costs } in members {
        out.extend((*species as u32).to_le_bytes());
        out.extend((genome.len() as u32).to_le_bytes());
        genome.iter().for_each(|k| out.extend(k.to_le_bytes()));
        costs.iter().for_each(|&value| number(value, out));
    }
}

/// The bytes that are left, and whether they are those of several objectives.
struct Reader<'a>(&'a [u8], bool);

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, tail) = self.0.split_first_chunk::<N>()?;
        self.0 = tail;
        Some(*head)
    }

    fn u32(&mut self) -> Option<u32> {
        self.take().map(u32::from_le_bytes)
    }

    fn f64(&mut self) -> Option<f64> {
        self.take().map(u64::from_le_bytes).map(f64::from_bits)
    }

    fn state(&mut self, remembers: bool) -> Option<State> {
        let fingerprint = self.take()?;
        let generation = self.u32()?;
        let groups = (0..self.u32()?).map(|_| self.group()).collect::<Option<Vec<_>>>()?;
        let archive = if self.1 { Some(self.archive()?) } else { None };
        let memories =
            if remembers { Some(groups.iter().map(|_| self.memory()).collect::<Option<_>>()?) } else { None };
        Some(State { fingerprint, generation, groups, archive, memories })
    }

    fn memory(&mut self) -> Option<Vec<u8>> {
        let length = self.u32()? as usize;
        let (memory, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(memory.to_vec())
    }

    fn numbers<const N: usize>(&mut self) -> Option<[f64; N]> {
        let mut out = [0.0; N];
        for value in &mut out {
            *value = self.f64()?;
        }
        Some(out)
    }

    fn archive(&mut self) -> Option<Archive> {
        let reference = match self.take::<1>()? {
            [0] => None,
            [1] => Some(self.numbers()?),
            _ => return None,
        };
        let hypervolume = self.f64()?;
        let member = |reader: &mut Self| {
            let (species, genes) = (reader.u32()? as usize, reader.u32()?);
            let genome = (0..genes).map(|_| reader.u32()).collect::<Option<_>>()?;
            Some(Member { species, genome, costs: reader.numbers()? })
        };
        let members = (0..self.u32()?).map(|_| member(self)).collect::<Option<_>>()?;
        Some(Archive { reference, members, hypervolume })
    }

    fn group(&mut self) -> Option<Saved> {
        let (quota, stagnant, silent) = (self.u32()?, self.u32()?, self.u32()?);
        let [flags] = self.take::<1>()?;
        let evaluations = self.take().map(u64::from_le_bytes)?;
        let (genes, survivors) = (self.u32()?, self.u32()?);
        let survivors = (0..survivors).map(|_| self.survivor(genes)).collect::<Option<_>>()?;
        let (extinct, exhausted) = (flags & 1 != 0, flags & 2 != 0);
        (flags < 4).then_some(Saved {
            quota,
            stagnant,
            silent,
            extinct,
            exhausted,
            evaluations,
            genes,
            survivors,
        })
    }

    fn survivor(&mut self, genes: u32) -> Option<(Outcome, Genome)> {
        let class = match self.take::<1>()? {
            [0] => Class::Feasible,
            [1] => Class::Infeasible,
            [2] => Class::Failed,
            _ => return None,
        };
        let (violation, fitness) = (self.f64()?, self.f64()?);
        let further = if self.1 { self.numbers()? } else { [0.0; 3] };
        let genome = (0..genes).map(|_| self.u32()).collect::<Option<_>>()?;
        Some((Outcome { class, fitness, violation, further }, genome))
    }
}

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
            for member in &archive.members {
                let space = run.groups.get(member.species).map(|g| &g.species.space);
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
        run.archive.clone_from(&state.archive);
        run.generation = state.generation;
        Ok(run)
    }
}

/// A hash over everything that decides which genomes a run asks for.
pub(crate) fn fingerprint(config: &Config, species: &[Species]) -> [u8; 32] {
    let mut h = Fields(blake3::Hasher::new());
    let Config { seed, population, searcher, breeding: b, goal, several } = config;
    h.text("galapagos.genetics.v1");
    h.number(*seed);
    h.number((*population).into());
    h.number(match searcher {
        Searcher::Evolution => 0,
        Searcher::Random => 1,
        Searcher::Grid => 2,
        Searcher::Sobol => 3,
        Searcher::Tpe => 4,
        Searcher::Cmaes => 5,
    });
    h.number(match goal {
        Goal::Maximise => 0,
        Goal::Minimise => 1,
    });
    h.number(match b.preset {
        Preset::Default => 0,
        Preset::Ray => 1,
    });
    h.number(b.parents.map_or(0, |p| u64::from(p) + 1));
    for n in [b.tournament_size, b.restart_after_generations, b.extinct_after_generations] {
        h.number(n.into());
    }
    let (shares, rates) = (
        [b.sbx_share, b.sbx_eta, b.sbx_probability, b.uniform_share],
        [b.differential_share, b.mutation_eta, b.immigrants, b.min_share],
    );
    shares.iter().chain(&rates).for_each(|x| h.number(x.to_bits()));
    // A run with one objective has the fingerprint that it had before there were several.
    if let Some(crate::config::Several { further, reference, choice: _ }) = several {
        h.text("several");
        further.iter().for_each(|goal| h.number(if *goal == Goal::Maximise { 0 } else { 1 }));
        reference.iter().flatten().for_each(|value| h.number(value.to_bits()));
        if config.objectives() >= crate::niche::FROM {
            h.text("directions");
        }
    }
    for s in species {
        h.text(&s.name);
        h.number(s.space.genes().len() as u64);
        for gene in s.space.genes() {
            h.text(&gene.name);
            h.number(gene.default.map_or(0, |d| u64::from(d) + 1));
            h.grid(&gene.grid);
        }
        h.number(s.space.constraints().len() as u64);
        s.space.constraints().iter().for_each(|c| h.constraint(c));
        h.number(s.initial.len() as u64);
        for genome in &s.initial {
            h.number(genome.len() as u64);
            genome.iter().for_each(|&k| h.number(k.into()));
        }
    }
    *h.0.finalize().as_bytes()
}

struct Fields(blake3::Hasher);

impl Fields {
    fn number(&mut self, n: u64) {
        self.0.update(&n.to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.0.update(text.as_bytes());
    }

    fn grid(&mut self, grid: &Grid) {
        let decimals: &[_] = match grid {
            Grid::Linear { min, step, count } => {
                self.number(0);
                self.number((*count).into());
                &[*min, *step]
            }
            Grid::Log(values) | Grid::Values(values) => {
                self.number(1);
                values
            }
            Grid::Fixed(value) => &[*value],
            Grid::Categories(ids) => {
                self.number(2);
                ids.iter().for_each(|&id| self.number(id.into()));
                &[]
            }
        };
        self.number(decimals.len() as u64);
        decimals.iter().for_each(|d| self.text(&d.normalize().to_string()));
    }

    fn constraint(&mut self, constraint: &Constraint) {
        let mut numbers = |ns: &[usize]| ns.iter().for_each(|&n| self.number(n as u64));
        match constraint {
            Constraint::Ordered { low, high } => numbers(&[0, *low, *high]),
            Constraint::Capped { gene, cap, margin, when } => {
                numbers(&[1, *gene, *cap]);
                numbers(&when.map_or([0, 0, 0], |w| [1, w.gene, w.category as usize]));
                self.text(&margin.normalize().to_string());
            }
            Constraint::ActiveWhen { gene, when } => numbers(&[2, *gene, when.gene, when.category as usize]),
            Constraint::ZeroBelow { gene, below } => {
                numbers(&[3, *gene]);
                self.text(&below.normalize().to_string());
            }
        }
    }
}
