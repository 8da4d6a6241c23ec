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

use galapagos_engine::evaluation::Metric;
use serde::Serialize;

use super::record::Verdict;

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

    /// Extends the chain by the record of a generation.
    pub fn push(&mut self, record: &GenerationRecord) {
        let mut hasher = blake3::Hasher::new();
        hasher.update(self.0.bytes());
        hasher.update(&record.generation.to_le_bytes());
        hasher.update(&record.individuals.to_le_bytes());
        hasher.update(&record.bytes);
        self.0 = Digest(*hasher.finalize().as_bytes());
    }
}

/// The canonical record of a generation, filled in index order.
#[derive(Clone, Debug)]
pub struct GenerationRecord {
    generation: u32,
    individuals: u32,
    bytes: Vec<u8>,
}

impl GenerationRecord {
    /// The record of a generation without individuals yet.
    pub fn new(generation: u32) -> GenerationRecord {
        GenerationRecord { generation, individuals: 0, bytes: Vec::new() }
    }

    /// Appends the next individual.
    pub fn push(&mut self, species: &str, genome: &[u32], verdict: &Verdict) {
        self.individuals += 1;
        let out = &mut self.bytes;
        out.extend_from_slice(&(species.len() as u32).to_le_bytes());
        out.extend_from_slice(species.as_bytes());
        out.extend_from_slice(&(genome.len() as u32).to_le_bytes());
        genome.iter().for_each(|k| out.extend_from_slice(&k.to_le_bytes()));
        let reason = verdict.evaluation.as_ref().and_then(|e| e.reason).map_or(0, |r| r as u8);
        out.extend_from_slice(&[verdict.class as u8, reason]);
        match &verdict.evaluation {
            None => out.extend_from_slice(&0u32.to_le_bytes()),
            Some(evaluation) => {
                out.extend_from_slice(&evaluation.metrics.defined().0.to_le_bytes());
                for value in Metric::ALL.into_iter().filter_map(|m| evaluation.metrics.get(m)) {
                    out.extend_from_slice(&value.to_bits().to_le_bytes());
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::record::Class;

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

        let mut record = GenerationRecord::new(0);
        let verdict = Verdict { class: Class::Failed, violation: 0.0, fitness: None, evaluation: None };
        record.push("ab", &[5], &verdict);
        chain.push(&record);
        let mut bytes = h0.bytes().to_vec();
        bytes.extend_from_slice(&[0, 0, 0, 0, 1, 0, 0, 0]);
        bytes.extend_from_slice(&[2, 0, 0, 0, b'a', b'b', 1, 0, 0, 0, 5, 0, 0, 0, 2, 0, 0, 0, 0, 0]);
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
