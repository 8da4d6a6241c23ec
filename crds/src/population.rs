//! How many individuals live together, and where the first come from.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::gene_value::GeneValue;
use crate::rules;

/// The population of a job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Population {
    /// Number of individuals of a generation, over all strategies.
    #[schemars(range(min = 10, max = 10_000))]
    pub size: u32,
    /// Random seed: the same manifest, seed and data give the same result.
    #[serde(default)]
    #[schemars(range(min = 0, max = 9_007_199_254_740_991_i64))]
    pub seed: u64,
    /// Individuals the first generation starts with, at most one population; the rest is random.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 256), extend("x-kubernetes-list-type" = "atomic"))]
    pub initial: Vec<InitialIndividual>,
}

/// An individual to start with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct InitialIndividual {
    /// Name of one of the job's strategies.
    #[schemars(length(min = 1, max = 63), regex(pattern = rules::SNAKE))]
    pub strategy: String,
    /// Values by gene name. A gene that is not named has its default.
    #[serde(default)]
    #[schemars(extend("maxProperties" = 32))]
    pub genome: BTreeMap<String, GeneValue>,
}
