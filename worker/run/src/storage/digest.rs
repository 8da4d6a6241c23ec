//! Digests that name a run and its outcome.
//!
//! * **inputs digest** = BLAKE3 over the RFC 8785 JSON of
//!   `{"dataset": "blake3:..", "engine": N, "inputs": {..}}`, where `inputs` is the resolved job's explicit list
//!   (see [`crate::job::resolve`]).
//! * **result digest** = chain over generations. `h_0 = BLAKE3("galapagos.result.v1" || inputs digest)`,
//!   `h_{g+1} = BLAKE3(h_g || record of generation g)`. A record is, with little-endian integers:
//!   ```text
//!   u32 generation | u32 number of individuals | per individual, in index order:
//!     u32 length, species name (UTF-8) | u32 number of genes, u32 k each
//!     u8 class (0 feasible, 1 infeasible, 2 failed) | u8 reason (0 none)
//!     u32 metrics defined, by bit | u64 bits of each defined metric by rising number
//!   ```
//!
//! So stops that look at a clock choose only the length of the chain.

use std::fmt;

use galapagos_engine::evaluation::{Metric, Metrics, Reason};
use serde::Serialize;

use super::record::Class;

/// Text before every digest that people see.
pub const PREFIX: &str = "blake3:";

/// A BLAKE3 digest. Displays with its prefix; [`Digest::hex`] is the name of folders.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of these 32 bytes.
    pub fn new(bytes: [u8; 32]) -> Digest {
        Digest(bytes)
    }

    /// The digest of `bytes`.
    pub fn hash(bytes: &[u8]) -> Digest {
        Digest(*blake3::hash(bytes).as_bytes())
    }

    /// The 32 bytes of the digest.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// 64 hexadecimal digits without the prefix.
    pub fn hex(&self) -> String {
        blake3::Hash::from_bytes(self.0).to_hex().to_string()
    }

    /// Reads 64 hexadecimal digits, with or without the prefix.
    pub fn parse(text: &str) -> Option<Digest> {
        let hex = text.strip_prefix(PREFIX).unwrap_or(text);
        blake3::Hash::from_hex(hex).ok().map(|h| Digest(*h.as_bytes()))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}", self.hex())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The digest of everything that may change a result.
///
/// # Errors
/// Only if `inputs` cannot be written as JSON (a map with keys that are not text).
pub fn inputs_digest(
    inputs: &impl Serialize,
    dataset: &str,
    engine: u32,
) -> Result<Digest, serde_json::Error> {
    #[derive(Serialize)]
    struct Inputs<'a, T> {
        dataset: &'a str,
        engine: u32,
        inputs: &'a T,
    }
    let bytes = serde_json_canonicalizer::to_vec(&Inputs { dataset, engine, inputs })?;
    Ok(Digest::hash(&bytes))
}

/// Digest of the inputs of a window of walk-forward, with the stamps of its rows as RFC 3339.
#[derive(Clone, Debug, Serialize)]
pub struct WindowInputs {
    /// Its number, from 0.
    pub index: u32,
    /// The first stamp that it trains on.
    pub from: String,
    /// The last stamp that it trains on.
    pub train: String,
    /// The first stamp that it is tested on.
    pub test: String,
    /// The last stamp that it is tested on.
    pub to: String,
}

/// The inputs digest of a window of the job with the inputs digest `job` (F4).
///
/// # Errors
/// Never in practice: texts and a number have their JSON.
pub fn window_digest(job: &Digest, window: &WindowInputs) -> Result<Digest, serde_json::Error> {
    let inputs = serde_json::json!({"job": job.to_string(), "window": window});
    Ok(Digest::hash(&serde_json_canonicalizer::to_vec(&inputs)?))
}

/// The chain of result digests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chain(Digest);

impl Chain {
    /// The chain before generation 0: h_0.
    pub fn start(inputs: &Digest) -> Chain {
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"galapagos.result.v1");
        hasher.update(inputs.bytes());
        Chain(Digest(*hasher.finalize().as_bytes()))
    }

    /// Continues from a checkpoint.
    pub fn at(digest: Digest) -> Chain {
        Chain(digest)
    }

    /// The digest so far.
    pub fn digest(&self) -> Digest {
        self.0
    }

    /// Begins the record of a generation of so many individuals.
    pub fn record(&self, generation: u32, individuals: u32) -> GenerationRecord {
        let mut hasher = blake3::Hasher::new();
        hasher.update(self.0.bytes());
        hasher.update(&generation.to_le_bytes());
        hasher.update(&individuals.to_le_bytes());
        GenerationRecord { hasher, left: individuals, bytes: Vec::new() }
    }

    /// Extends the chain by a record that it began, once all its individuals are there.
    pub fn push(&mut self, mut record: GenerationRecord) {
        debug_assert_eq!(record.left, 0, "as many individuals as the record says");
        self.0 = Digest(*record.hasher.update(&record.bytes).finalize().as_bytes());
    }
}

/// The canonical record of a generation, filled in index order; only its digest is kept.
#[derive(Clone, Debug)]
pub struct GenerationRecord {
    hasher: blake3::Hasher,
    /// Individuals that are yet to come.
    left: u32,
    /// What has not gone into the digest yet.
    bytes: Vec<u8>,
}

/// What a digest covers of a verdict.
#[derive(Clone, Copy, Debug)]
pub struct CoveredVerdict<'a> {
    /// Feasible, infeasible or failed.
    pub class: Class,
    /// Why the evaluation gave no numbers that count.
    pub reason: Option<Reason>,
    /// Its metrics; `None`: an individual that could not be evaluated.
    pub metrics: Option<&'a Metrics>,
}

impl GenerationRecord {
    /// Bytes that go into the digest at once: many, since blocks of them are compressed side by side.
    const PIECE: usize = 1 << 16;

    /// Appends the next individual.
    pub fn push(&mut self, species: &str, genome: &[u32], verdict: CoveredVerdict<'_>) {
        debug_assert_ne!(self.left, 0, "no more individuals than the record says");
        self.left = self.left.saturating_sub(1);
        let out = &mut self.bytes;
        out.extend_from_slice(&(species.len() as u32).to_le_bytes());
        out.extend_from_slice(species.as_bytes());
        out.extend_from_slice(&(genome.len() as u32).to_le_bytes());
        genome.iter().for_each(|k| out.extend_from_slice(&k.to_le_bytes()));
        let reason = verdict.reason.map_or(0, |r| r as u8);
        out.extend_from_slice(&[verdict.class as u8, reason]);
        match verdict.metrics {
            None => out.extend_from_slice(&0u32.to_le_bytes()),
            Some(metrics) => {
                out.extend_from_slice(&metrics.defined().0.to_le_bytes());
                for value in Metric::ALL.into_iter().filter_map(|m| metrics.get(m)) {
                    out.extend_from_slice(&value.to_bits().to_le_bytes());
                }
            }
        }
        if out.len() >= GenerationRecord::PIECE {
            self.hasher.update(out);
            out.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_of_keys_does_not_change_the_inputs_digest() {
        let a = serde_json::json!({"b": 1, "a": {"y": "2", "x": null}});
        let b = serde_json::json!({"a": {"x": null, "y": "2"}, "b": 1});
        let d = |v| inputs_digest(v, "blake3:00", 1).unwrap();
        assert_eq!(d(&a), d(&b));
        assert_ne!(inputs_digest(&a, "blake3:00", 2).unwrap(), d(&a));
        assert_ne!(inputs_digest(&a, "blake3:01", 1).unwrap(), d(&a));
    }

    /// The layout is a promise: a change of these bytes raises ENGINE.
    #[test]
    fn the_chain_is_the_documented_bytes() {
        let inputs = Digest::hash(b"inputs");
        let mut chain = Chain::start(&inputs);
        let mut by_hand = b"galapagos.result.v1".to_vec();
        by_hand.extend_from_slice(inputs.bytes());
        let h0 = Digest::hash(&by_hand);
        assert_eq!(chain.digest(), h0);

        let mut record = chain.record(0, 1);
        record.push("ab", &[5], CoveredVerdict { class: Class::Failed, reason: None, metrics: None });
        chain.push(record);
        let mut bytes = h0.bytes().to_vec();
        bytes.extend_from_slice(&[0, 0, 0, 0, 1, 0, 0, 0]);
        bytes.extend_from_slice(&[2, 0, 0, 0, b'a', b'b', 1, 0, 0, 0, 5, 0, 0, 0, 2, 0, 0, 0, 0, 0]);
        assert_eq!(chain.digest(), Digest::hash(&bytes));
    }

    /// Longer than what goes into the digest at once.
    #[test]
    fn a_long_generation_is_one_record() {
        let mut metrics = Metrics::NONE;
        metrics.set(Metric::Sharpe, Some(1.5));
        let verdict = CoveredVerdict {
            class: Class::Infeasible,
            reason: Some(Reason::NoTrades),
            metrics: Some(&metrics),
        };
        let mut chain = Chain::start(&Digest::hash(b"inputs"));
        let mut bytes = chain.digest().bytes().to_vec();
        bytes.extend_from_slice(&[7, 0, 0, 0, 0x10, 0x27, 0, 0]);
        let mut record = chain.record(7, 10_000);
        for k in 0..10_000_u32 {
            record.push("ab", &[k], verdict);
            bytes.extend_from_slice(&[2, 0, 0, 0, b'a', b'b', 1, 0, 0, 0]);
            bytes.extend_from_slice(&k.to_le_bytes());
            bytes.extend_from_slice(&[1, Reason::NoTrades as u8]);
            bytes.extend_from_slice(&metrics.defined().0.to_le_bytes());
            bytes.extend_from_slice(&1.5_f64.to_le_bytes());
        }
        chain.push(record);
        assert_eq!(chain.digest(), Digest::hash(&bytes));
    }

    #[test]
    fn a_digest_reads_back_with_and_without_its_prefix() {
        let d = Digest::hash(b"x");
        assert_eq!(Digest::parse(&d.to_string()), Some(d));
        assert_eq!(Digest::parse(&d.hex()), Some(d));
        assert_eq!(Digest::parse("blake3:zz"), None);
    }
}
