//! The best individual of each kind of behaviour (MAP-Elites).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::decimal::Decimal;
use crate::rules;

/// What tells different individuals apart: of each cell the best is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ArchiveSpec {
    /// One or two numbers, each cut into ranges: a cell is a range of each.
    #[schemars(length(min = 1, max = 2), extend("x-kubernetes-list-type" = "atomic"))]
    pub cells: Vec<CellAxis>,
    /// Share of the children whose parents are the best of cells. Absent: 0.25.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share: Option<Decimal>,
}

/// A number that is cut into ranges.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CellAxis {
    /// A metric, or the name of an expression of the objectives or limits.
    #[schemars(length(min = 1, max = 63), regex(pattern = rules::SNAKE))]
    pub metric: String,
    /// Where a range ends and the next begins, rising; the first and the last have no end.
    #[schemars(length(min = 1, max = 15), extend("x-kubernetes-list-type" = "atomic"))]
    pub edges: Vec<Decimal>,
}
