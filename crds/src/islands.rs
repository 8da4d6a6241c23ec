//! Populations that breed apart.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Divides the population into islands, which hand each other their best now and then.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct IslandsSpec {
    /// Number of islands of equal size.
    #[schemars(range(min = 2, max = 64))]
    pub count: u32,
    /// Generations from one migration to the next.
    #[serde(default = "five")]
    #[schemars(range(min = 1, max = 100_000))]
    pub migrate_every: u32,
    /// The best of each strategy that leave an island, as copies.
    #[serde(default = "two")]
    #[schemars(range(min = 1, max = 100))]
    pub migrants: u32,
    /// Where they go.
    #[serde(default)]
    pub topology: Topology,
}

/// Where migrants go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Topology {
    /// To the next island, from the last to the first.
    #[default]
    Ring,
    /// To all other islands.
    Full,
}

fn five() -> u32 {
    5
}

fn two() -> u32 {
    2
}
