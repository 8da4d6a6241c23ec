//! A file of numbers that a strategy reads beside the bars, or of positions that it takes as they are.

use kube::KubeSchema;
use serde::{Deserialize, Serialize};

use crate::rules;
use crate::strategy_rules::{Expression, RulesSpec, SideRules};

/// The position that is wanted after the close of a bar.
pub const TARGET: &str = "target";
/// Conditions of a file, as numbers above 0.
pub const CONDITIONS: [&str; 4] = ["long_entry", "long_exit", "short_entry", "short_exit"];

/// Columns that were computed elsewhere, by name in the rules of the strategy. Without rules the file decides: by its
/// column `target`, or by `long_entry`, `long_exit`, `short_entry` and `short_exit`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = rules::exactly_one(&["name", "file"]))]
pub struct SignalsSpec {
    /// Name under which `galapagos import-signals` published them with the dataset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 30), regex(pattern = rules::SNAKE))]
    pub name: Option<String>,
    /// A Parquet or CSV file beside the manifest, which `galapagos run` publishes. Refused on a cluster.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 255))]
    pub file: Option<String>,
    /// The version that is published. Absent: the latest; a cluster needs one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 71), regex(pattern = "^blake3:[0-9a-f]{64}$"))]
    pub digest: Option<String>,
    /// Columns that are read. Absent: all of the file, so that only the data tell whether a name is one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = 64),
        inner(length(min = 1, max = 64), regex(pattern = "^[A-Za-z_][A-Za-z0-9_]*$")),
        extend("x-kubernetes-list-type" = "set")
    )]
    pub columns: Vec<String>,
}

impl SignalsSpec {
    /// What a file does that stands without rules, if its columns say it.
    pub fn rules(&self) -> Option<RulesSpec> {
        let has = |name: &str| self.columns.iter().any(|column| column == name);
        let rules = RulesSpec { language: 1, ..RulesSpec::default() };
        if has(TARGET) {
            return Some(RulesSpec { exposure: Some(Expression(TARGET.to_owned())), ..rules });
        }
        let condition = |name: &str| has(name).then(|| Expression(format!("{name} > 0")));
        let side = |entry: &str, exit: &str| {
            Some(SideRules { enter: condition(entry)?, exit: condition(exit), ..SideRules::default() })
        };
        let [long_entry, long_exit, short_entry, short_exit] = CONDITIONS;
        let (long, short) = (side(long_entry, long_exit), side(short_entry, short_exit));
        (long.is_some() || short.is_some()).then_some(RulesSpec { long, short, ..rules })
    }
}
