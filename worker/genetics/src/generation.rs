//! What passes between the loop and its caller: candidates out, summaries and survivors back.

use std::sync::Arc;

use crate::rank::Outcome;
use crate::space::Genome;

/// A genome to evaluate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Position of its species in the list given to [`crate::Evolution::new`].
    pub species: usize,
    /// Number of the island that asks for it, from 0; 0 where the population is not divided.
    pub island: u32,
    /// The genome in canonical form.
    pub genome: Genome,
    /// Asked for before in this run (its space gave nothing new): take the outcome from the ledger.
    pub known: bool,
}

/// The candidates of one generation, in index order: species by species.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generation {
    /// Number of the generation, from 0.
    pub index: u32,
    /// Its candidates; empty once every space is exhausted.
    pub candidates: Arc<[Candidate]>,
}

/// What a generation was worth.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// Number of the generation.
    pub generation: u32,
    /// Best feasible fitness of the run so far.
    pub best: Option<f64>,
    /// Median fitness of the generation's feasible candidates.
    pub median: Option<f64>,
    /// Interquartile range of the fitness of the generation's feasible candidates.
    pub spread: Option<f64>,
    /// Mean over genes with a choice of distinct values among the generation's candidates, as a share of how many
    /// there could be.
    pub diversity: f64,
    /// Candidates that kept all limits.
    pub feasible: u32,
    /// Candidates that broke a limit.
    pub infeasible: u32,
    /// Candidates without a result.
    pub failed: u32,
    /// Candidates that had been asked for before.
    pub known: u32,
    /// Distinct evaluations of the run so far.
    pub evaluations: u64,
    /// Nothing is left to ask.
    pub exhausted: bool,
    /// Individuals that no other dominates, over all generations; `None` with one objective.
    pub front: Option<u32>,
    /// The volume that they dominate below the reference point; `None` with one objective.
    pub hypervolume: Option<f64>,
}

/// An individual that may breed.
#[derive(Clone, Debug, PartialEq)]
pub struct Survivor<'a> {
    /// Position of its species.
    pub species: usize,
    /// The genome in canonical form.
    pub genome: &'a [u32],
    /// Its result (failed ones: zeros).
    pub outcome: Outcome,
}

/// The best individual of a run or species.
pub type Best<'a> = Survivor<'a>;
