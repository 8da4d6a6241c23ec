//! One evaluation as the ledger keeps it, and its bytes.
//!
//! Integers are little-endian. Payload of kind 1 (evaluated):
//! ```text
//! u8 kind = 1 | u8 flags | u32 generation | u32 index | u16 species id | u128 genome hash | u8 island if flagged
//! u8 number of genes | u32 k each | u8 class | u8 reason | f64 violation bits | f64 fitness bits (0 if none)
//! u8 has fitness | u32 metrics defined or infinite | u64 bits each, by rising metric number
//! u64 returns | i128 s1 | i128 s2 | u8 block sums present | 16 x (i64 s1, i64 s2) if present
//! ```
//! Kind 2 (taken from the memo, not counted): kind, flags, generation, index, species id, genome hash, island if flagged.
//!
//! Flags: 1 the position is open at the end, 2 an exception, 4 an island is named. Jobs without islands never set the last.

use galapagos_engine::evaluation::{BLOCKS, BlockSum, Evaluation, Metric, Metrics, Reason};
use galapagos_genetics::{Genome, MOST_ISLANDS};

use super::reader::Reader;

/// Class of an individual (contract G4), in ranking order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Class {
    /// All limits are kept.
    Feasible = 0,
    /// Outside a limit, or undefined but comparable.
    Infeasible = 1,
    /// The account has no meaning: nothing can be said of limits.
    Failed = 2,
}

impl Class {
    /// The name in results.
    pub fn name(self) -> &'static str {
        match self {
            Class::Feasible => "feasible",
            Class::Infeasible => "infeasible",
            Class::Failed => "failed",
        }
    }

    fn from_number(n: u8) -> Option<Class> {
        [Class::Feasible, Class::Infeasible, Class::Failed].into_iter().find(|&c| c as u8 == n)
    }
}

/// Where in the run an individual was, and what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordIdentity {
    /// Number of the generation, from 0.
    pub generation: u32,
    /// Position inside the generation.
    pub index: u32,
    /// First 16 bits of the hash of the species' name.
    pub species: u16,
    /// 128-bit hash of species and canonical genome.
    pub hash: u128,
    /// The island that asked for it, from 0; `None`: the population is not divided, or an earlier build wrote the record.
    pub island: Option<u8>,
    /// The canonical genome: one grid position per gene.
    pub genome: Genome,
}

/// What an individual is worth: the verdict on one evaluation under the job's objectives and limits.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// Feasible, infeasible or failed.
    pub class: Class,
    /// Sum of the relative violations of all limits; 0 when feasible.
    pub violation: f64,
    /// Value of the objective (larger is better or smaller is better as the job says); `None` if undefined.
    pub fitness: Option<f64>,
    /// The evaluation behind it; `None` for an individual that could not be evaluated (an exception).
    pub evaluation: Option<Box<Evaluation>>,
}

/// A record of the ledger.
#[derive(Clone, Debug, PartialEq)]
pub enum Record {
    /// A distinct evaluation, which counts as a trial.
    Evaluated {
        /// Where in the run, and which genome.
        identity: RecordIdentity,
        /// What the evaluation is worth.
        verdict: Verdict,
    },
    /// A duplicate whose result came from the memo.
    Repeated {
        /// Number of the generation, from 0.
        generation: u32,
        /// Position inside the generation.
        index: u32,
        /// First 16 bits of the hash of the species' name.
        species: u16,
        /// 128-bit hash of species and canonical genome.
        hash: u128,
        /// As in [`RecordIdentity`].
        island: Option<u8>,
    },
}

/// The reason of an individual whose objective is infinite or undefined.
pub const OBJECTIVE_UNDEFINED: &str = "ObjectiveUndefined";

const EVALUATED: u8 = 1;
const REPEATED: u8 = 2;
const OPEN_POSITION: u8 = 1;
const EXCEPTION: u8 = 2;
const ON_ISLAND: u8 = 4;

impl Record {
    /// The payload, without length and checksum.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(512);
        self.encode_to(&mut out);
        out
    }

    /// Appends the payload.
    pub(super) fn encode_to(&self, out: &mut Vec<u8>) {
        match self {
            Record::Repeated { generation, index, species, hash, island } => {
                out.extend_from_slice(&[REPEATED, island_flag(*island)]);
                put_position(out, *generation, *index, *species, *hash, *island);
            }
            Record::Evaluated { identity, verdict } => {
                let open = verdict.evaluation.as_ref().is_some_and(|e| e.open_position);
                let RecordIdentity { generation, index, species, hash, island, .. } = *identity;
                let flags = u8::from(open) * OPEN_POSITION
                    + u8::from(verdict.evaluation.is_none()) * EXCEPTION
                    + island_flag(island);
                out.extend_from_slice(&[EVALUATED, flags]);
                put_position(out, generation, index, species, hash, island);
                out.push(identity.genome.len() as u8);
                identity.genome.iter().for_each(|k| out.extend_from_slice(&k.to_le_bytes()));
                put_verdict(out, verdict);
            }
        }
    }

    /// Reads a payload; `None` when it is not one, whatever the bytes.
    pub fn decode(bytes: &[u8]) -> Option<Record> {
        let mut input = Reader(bytes);
        let kind = input.u8()?;
        let flags = input.u8()?;
        let generation = input.u32()?;
        let index = input.u32()?;
        let species = input.u16()?;
        let hash = input.u128()?;
        let island = if flags & ON_ISLAND == 0 {
            None
        } else {
            Some(input.u8().filter(|&island| u32::from(island) < MOST_ISLANDS)?)
        };
        let record = match kind {
            REPEATED => Record::Repeated { generation, index, species, hash, island },
            EVALUATED => {
                let genes = input.u8()?;
                let genome = (0..genes).map(|_| input.u32()).collect::<Option<Genome>>()?;
                let verdict = read_verdict(&mut input, flags)?;
                Record::Evaluated {
                    identity: RecordIdentity { generation, index, species, hash, island, genome },
                    verdict,
                }
            }
            _ => return None,
        };
        input.0.is_empty().then_some(record)
    }

    /// The 128-bit hash of species and genome.
    pub fn hash(&self) -> u128 {
        match self {
            Record::Evaluated { identity, .. } => identity.hash,
            Record::Repeated { hash, .. } => *hash,
        }
    }

    /// Generation and index of the individual.
    pub fn position(&self) -> (u32, u32) {
        match self {
            Record::Evaluated { identity, .. } => (identity.generation, identity.index),
            Record::Repeated { generation, index, .. } => (*generation, *index),
        }
    }
}

impl Verdict {
    /// Whether the individual could not be evaluated at all (panic or time limit).
    pub fn is_exception(&self) -> bool {
        self.evaluation.is_none()
    }

    /// Why it is not feasible, by name; `None` if it is, or if only limits stand against it.
    pub fn reason(&self) -> Option<&'static str> {
        match &self.evaluation {
            None => Some("Exception"),
            Some(e) if e.reason.is_none() && self.fitness.is_none() => Some(OBJECTIVE_UNDEFINED),
            Some(e) => e.reason.map(Reason::name),
        }
    }
}

fn island_flag(island: Option<u8>) -> u8 {
    u8::from(island.is_some()) * ON_ISLAND
}

fn put_position(
    out: &mut Vec<u8>,
    generation: u32,
    index: u32,
    species: u16,
    hash: u128,
    island: Option<u8>,
) {
    out.extend_from_slice(&generation.to_le_bytes());
    out.extend_from_slice(&index.to_le_bytes());
    out.extend_from_slice(&species.to_le_bytes());
    out.extend_from_slice(&hash.to_le_bytes());
    out.extend(island);
}

fn put_verdict(out: &mut Vec<u8>, verdict: &Verdict) {
    let reason = verdict.evaluation.as_ref().and_then(|e| e.reason).map_or(0, |r| r as u8);
    out.extend_from_slice(&[verdict.class as u8, reason]);
    out.extend_from_slice(&verdict.violation.to_bits().to_le_bytes());
    out.extend_from_slice(&verdict.fitness.unwrap_or(0.0).to_bits().to_le_bytes());
    out.push(u8::from(verdict.fitness.is_some()));
    let Some(evaluation) = &verdict.evaluation else { return };
    let metrics = &evaluation.metrics;
    out.extend_from_slice(&metrics.known().0.to_le_bytes());
    // Records are put together from a few pieces: there are thousands a second, with fifty numbers each.
    let (mut values, mut count) = ([[0; 8]; Metric::ALL.len()], 0);
    for value in Metric::ALL.into_iter().filter_map(|m| metrics.extended(m)) {
        values[count] = value.to_bits().to_le_bytes();
        count += 1;
    }
    out.extend_from_slice(values[..count].as_flattened());
    out.extend_from_slice(&evaluation.returns.to_le_bytes());
    out.extend_from_slice(&evaluation.s1.to_le_bytes());
    out.extend_from_slice(&evaluation.s2.to_le_bytes());
    let present = evaluation.blocks.iter().any(|b| *b != BlockSum::default());
    out.push(u8::from(present));
    if present {
        let mut blocks = [[0; 16]; BLOCKS];
        for (bytes, block) in blocks.iter_mut().zip(&evaluation.blocks) {
            bytes[..8].copy_from_slice(&block.s1.to_le_bytes());
            bytes[8..].copy_from_slice(&block.s2.to_le_bytes());
        }
        out.extend_from_slice(blocks.as_flattened());
    }
}

fn read_verdict(input: &mut Reader<'_>, flags: u8) -> Option<Verdict> {
    let class = Class::from_number(input.u8()?)?;
    let reason = match input.u8()? {
        0 => None,
        n => Some(Reason::from_number(n)?),
    };
    let violation = f64::from_bits(input.u64()?);
    let value = f64::from_bits(input.u64()?);
    let fitness = (input.u8()? == 1).then_some(value);
    if violation.is_nan() || fitness.is_some_and(f64::is_nan) {
        return None;
    }
    if flags & EXCEPTION != 0 {
        return Some(Verdict { class, violation, fitness, evaluation: None });
    }
    let defined = input.u32()?;
    if defined >> Metric::ALL.len() != 0 {
        return None;
    }
    let mut metrics = Metrics::NONE;
    for m in Metric::ALL.into_iter().filter(|&m| defined >> m as u8 & 1 == 1) {
        let value = f64::from_bits(input.u64()?);
        metrics.set(m, Some(value));
        if metrics.extended(m) != Some(value) {
            return None;
        }
    }
    let returns = input.u64()?;
    let s1 = input.u128()? as i128;
    let s2 = input.u128()? as i128;
    let mut blocks = [BlockSum::default(); BLOCKS];
    if input.u8()? == 1 {
        for block in &mut blocks {
            *block = BlockSum { s1: input.u64()? as i64, s2: input.u64()? as i64 };
        }
    }
    let open_position = flags & OPEN_POSITION != 0;
    let evaluation = Evaluation { metrics, reason, returns, s1, s2, blocks, open_position };
    Some(Verdict { class, violation, fitness, evaluation: Some(Box::new(evaluation)) })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    pub(crate) fn sample(generation: u32, index: u32) -> Record {
        let mut metrics = Metrics::NONE;
        metrics.set(Metric::Sharpe, Some(f64::from(index) * 0.5 - 1.0));
        metrics.set(Metric::Trades, Some(f64::from(index)));
        metrics.set(Metric::ProfitFactor, Some(f64::INFINITY));
        let mut blocks = [BlockSum::default(); BLOCKS];
        blocks[3] = BlockSum { s1: -5, s2: 9 };
        let evaluation = Evaluation {
            metrics,
            reason: None,
            returns: 77,
            s1: -(1 << 70),
            s2: 1 << 71,
            blocks,
            open_position: index % 2 == 1,
        };
        Record::Evaluated {
            identity: RecordIdentity {
                generation,
                index,
                species: 7,
                hash: u128::from(generation) << 32 | u128::from(index),
                island: None,
                genome: [generation, index, 3].into(),
            },
            verdict: Verdict {
                class: Class::Feasible,
                violation: 0.0,
                fitness: Some(0.25),
                evaluation: Some(Box::new(evaluation)),
            },
        }
    }

    #[test]
    fn what_is_written_is_what_is_read() {
        for island in [None, Some(0), Some(63)] {
            let identity = RecordIdentity {
                generation: 1,
                index: 2,
                species: 3,
                hash: 4,
                island,
                genome: Genome::default(),
            };
            let verdict = Verdict { class: Class::Failed, violation: 0.0, fitness: None, evaluation: None };
            let quarantined = Record::Evaluated { identity, verdict };
            let repeated = Record::Repeated { generation: 1, index: 2, species: 3, hash: u128::MAX, island };
            for record in [sample(3, 4), quarantined, repeated] {
                assert_eq!(Record::decode(&record.encode()), Some(record));
            }
        }
    }

    // Contract J2: ledgers of builds that named no island are read, and jobs without islands write the same bytes.
    #[test]
    fn a_record_names_its_island_only_where_there_are_islands() {
        let of = |island| Record::Repeated { generation: 1, index: 2, species: 3, hash: 4, island }.encode();
        let mut plain = vec![2, 0];
        plain.extend([1, 0, 0, 0, 2, 0, 0, 0, 3, 0]);
        plain.extend(4_u128.to_le_bytes());
        assert_eq!(of(None), plain);
        plain[1] = 4;
        plain.push(9);
        assert_eq!(of(Some(9)), plain);
        // There are 64 islands at most.
        plain[28] = 64;
        assert_eq!(Record::decode(&plain), None);
    }

    proptest! {
        #[test]
        fn garbage_is_refused_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            let _ = Record::decode(&bytes);
        }

        #[test]
        fn a_cut_record_is_no_record(cut in 0usize..400) {
            let bytes = sample(1, 1).encode();
            if cut < bytes.len() {
                prop_assert_eq!(Record::decode(&bytes[..cut]), None);
            }
        }
    }
}
