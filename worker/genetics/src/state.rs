//! A run between two generations as bytes. Everything but the set of seen genomes, which the caller's ledger
//! holds already ([`Evolution::seed_seen`](crate::Evolution::seed_seen)).
//!
//! Layout, little-endian: "GLPS", format u16, fingerprint of configuration and species 32 bytes, generation u32,
//! species u32; per species quota u32, stagnant u32, silent u32, flags u8 (1 extinct, 2 exhausted), evaluations
//! u64, genes u32, survivors u32, and per survivor class u8, violation f64, fitness f64, indices u32; at the end
//! BLAKE3 of all before, 32 bytes. A run with several objectives has format 2: three more f64 behind each fitness, and
//! behind the species the archive: u8 1 and 4 f64 of the reference point, or u8 0; hypervolume f64; members u32, and
//! per member species u32, genes u32, indices u32, 4 costs f64. A run whose searcher has a memory has format 3, of several
//! objectives 4: at the end stand per species the length u32 and the bytes of it (`memory.rs`). One with cells has 4 more,
//! and behind that per species the length u32 and the bytes of the best of its cells (`cells.rs`).

use crate::archive::{Archive, Member};
use crate::rank::{Class, Outcome};
use crate::space::Genome;

const MAGIC: &[u8; 4] = b"GLPS";
const FORMAT: u16 = 1;
const FORMAT_OF_SEVERAL: u16 = 2;
/// Added to the format where searchers have a memory.
const REMEMBERS: u16 = 2;
/// Added to the format where there are cells.
const WITH_CELLS: u16 = 4;

/// A run between two generations.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    pub(crate) fingerprint: [u8; 32],
    pub(crate) generation: u32,
    pub(crate) groups: Vec<Saved>,
    pub(crate) archive: Option<Archive>,
    /// Per species what its searcher remembers; `None` where searchers have no memory.
    pub(crate) memories: Option<Vec<Vec<u8>>>,
    /// Per species the best of its cells; `None` where there are no cells.
    pub(crate) cells: Option<Vec<Vec<u8>>>,
}

/// A species of it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Saved {
    pub(crate) quota: u32,
    pub(crate) stagnant: u32,
    pub(crate) silent: u32,
    pub(crate) extinct: bool,
    pub(crate) exhausted: bool,
    pub(crate) evaluations: u64,
    pub(crate) genes: u32,
    pub(crate) survivors: Vec<(Outcome, Genome)>,
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
        let State { fingerprint, generation, groups, archive, memories, cells } = self;
        let format = if archive.is_some() { FORMAT_OF_SEVERAL } else { FORMAT };
        let format = format + if memories.is_some() { REMEMBERS } else { 0 };
        let format = format + if cells.is_some() { WITH_CELLS } else { 0 };
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
            for (Outcome { class, fitness, violation, further, cell: _ }, genome) in survivors {
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
        for memory in memories.iter().chain(cells).flatten() {
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
        let first = FORMAT..=FORMAT_OF_SEVERAL + REMEMBERS + WITH_CELLS;
        let parts = format.filter(|format| first.contains(format)).ok_or(StateError::Format)? - FORMAT;
        let several = parts & (FORMAT_OF_SEVERAL - FORMAT) != 0;
        let (remembers, cells) = (parts & REMEMBERS != 0, parts & WITH_CELLS != 0);
        if bytes.get(..4) != Some(MAGIC) {
            return Err(StateError::Format);
        }
        let end = bytes.len().checked_sub(32).ok_or(StateError::Damaged)?;
        let (body, hash) = bytes.split_at(end);
        if blake3::hash(body).as_bytes() != hash {
            return Err(StateError::Damaged);
        }
        let mut reader = Reader(body.get(6..).ok_or(StateError::Damaged)?, several);
        let state = reader.state(remembers, cells).ok_or(StateError::Damaged)?;
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

    fn state(&mut self, remembers: bool, cells: bool) -> Option<State> {
        let fingerprint = self.take()?;
        let generation = self.u32()?;
        let groups = (0..self.u32()?).map(|_| self.group()).collect::<Option<Vec<_>>>()?;
        let archive = if self.1 { Some(self.archive()?) } else { None };
        let mut texts =
            |are_there: bool| are_there.then(|| groups.iter().map(|_| self.memory()).collect::<Option<_>>());
        let memories = texts(remembers).map_or(Some(None), |all| all.map(Some))?;
        let cells = texts(cells).map_or(Some(None), |all| all.map(Some))?;
        Some(State { fingerprint, generation, groups, archive, memories, cells })
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
        Some((Outcome { class, fitness, violation, further, cell: None }, genome))
    }
}
