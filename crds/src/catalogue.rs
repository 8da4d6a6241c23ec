//! The strategies that this version knows, as data: generated from the engine, so that a misspelt gene is found
//! without running anything.

use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use crate::decimal::Decimal;
use crate::gene_value::GeneValue;

const GENERATED: &str = include_str!("../generated/strategies.json");

/// All strategies of one engine.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Catalogue {
    /// Number of the engine it was generated from.
    pub engine: u32,
    /// The strategies, by number.
    pub strategies: Vec<StrategyEntry>,
    /// Names of all metrics, for objectives and limits.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub metrics: Vec<String>,
    /// Genes that any strategy may add.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub common_genes: Vec<GeneEntry>,
}

/// One strategy as this engine knows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StrategyEntry {
    /// Name of the strategy in manifests, snake_case.
    pub name: String,
    /// Other names accepted in manifests, some with a gene fixed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<StrategyAlias>,
    /// One line: what it trades.
    pub summary: String,
    /// The rule in words.
    pub rule: String,
    /// Its genes, in the order of the genome.
    pub genes: Vec<GeneEntry>,
    /// Rules between the genes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub constraints: Vec<ConstraintEntry>,
    /// The fastest path its individuals can take.
    pub path: PathEntry,
    /// What it needs of the data.
    #[serde(default)]
    pub needs: Needs,
    /// Whether it trains a model; such strategies are left out of `all`.
    #[serde(default)]
    pub trains: bool,
}

/// Another name of a strategy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StrategyAlias {
    /// The name, as manifests may spell it.
    pub name: String,
    /// Genes that the name fixes, as (gene, value).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fixed: Vec<(String, GeneValue)>,
}

/// What a strategy needs of the data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Needs {
    /// A funding series, or a constant rate.
    #[serde(default)]
    pub funding: bool,
    /// A volume column that is not all zeros.
    #[serde(default)]
    pub volume: bool,
}

/// One gene as its strategy defines it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GeneEntry {
    /// Name of the gene in manifests, snake_case.
    pub name: String,
    /// Other names accepted in manifests.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// What its values are.
    pub kind: GeneKind,
    /// The range used where the manifest has none.
    pub range: RangeEntry,
    /// The value that the gene has while it is inactive, and that `galapagos init` shows.
    pub default: GeneValue,
    /// Smallest and largest value that any override may have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hard: Option<(Decimal, Decimal)>,
    /// Values must be multiples of this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<Decimal>,
    /// What it does, and in which unit it counts.
    pub help: String,
}

/// What the values of a gene are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GeneKind {
    /// Whole numbers, ordered.
    Integer,
    /// Decimals, ordered.
    Real,
    /// One of a few names.
    Categorical,
}

/// The default range of a gene.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RangeEntry {
    /// min, min + step, ... up to max.
    Linear {
        /// The lowest value.
        min: Decimal,
        /// Upper bound; the highest value where a step meets it.
        max: Decimal,
        /// Distance of two values.
        step: Decimal,
    },
    /// steps + 1 values, even in the logarithm.
    Log {
        /// The lowest value, above 0.
        min: Decimal,
        /// The highest value.
        max: Decimal,
        /// Number of steps between them: there is one value more than that.
        steps: u32,
    },
    /// The listed numbers, strictly rising.
    Values(Vec<Decimal>),
    /// The listed names; the first is category 0.
    Categories(Vec<String>),
}

/// A rule between genes that repair restores.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConstraintEntry {
    /// `low` < `high`, for every genome.
    Ordered {
        /// The gene that must be smaller.
        low: String,
        /// The gene that must be larger.
        high: String,
    },
    /// `gene` <= `cap` - `margin`, where `when` holds.
    Capped {
        /// The gene that is capped.
        gene: String,
        /// The gene that caps it.
        cap: String,
        /// Distance below the cap.
        margin: Decimal,
        /// Categorical gene and value under which the cap holds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        when: Option<(String, String)>,
    },
    /// `gene` matters only where `when` holds.
    ActiveWhen {
        /// Name of the gene that may be inactive.
        gene: String,
        /// Categorical gene and value.
        when: (String, String),
    },
    /// Values strictly between 0 and `below` become 0.
    ZeroBelow {
        /// Name of the gene, a numeric one.
        gene: String,
        /// The smallest value kept besides 0.
        below: Decimal,
    },
}

/// How the individuals of a strategy are evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PathEntry {
    /// Together, on shared series, where options, genes and data allow it.
    Batch,
    /// Each on its own, by the simulator.
    Simulator,
}

/// A strategy as a manifest names it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Named<'a> {
    /// The strategy that a manifest's name stands for.
    pub strategy: &'a StrategyEntry,
    /// The alias, if it was named by one.
    pub alias: Option<&'a StrategyAlias>,
}

impl Catalogue {
    /// The catalogue that was generated from this version's engine. Empty if the embedded file is damaged, which
    /// a test excludes.
    pub fn embedded() -> &'static Catalogue {
        static PARSED: OnceLock<Catalogue> = OnceLock::new();
        PARSED.get_or_init(|| Catalogue::parse(GENERATED).unwrap_or_default())
    }

    /// Reads a catalogue from JSON.
    pub fn parse(json: &str) -> Result<Catalogue, serde_json::Error> {
        serde_json::from_str(json)
    }

    /// The text of `generated/strategies.json`.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self).map(|text| text + "\n")
    }

    /// The strategy of a name or alias.
    pub fn strategy(&self, name: &str) -> Option<Named<'_>> {
        self.strategies.iter().find_map(|strategy| {
            if strategy.name == name {
                return Some(Named { strategy, alias: None });
            }
            let alias = strategy.aliases.iter().find(|a| a.name == name)?;
            Some(Named { strategy, alias: Some(alias) })
        })
    }

    /// The gene of a name or alias: of the strategy, or one that any strategy may add.
    pub fn gene<'a>(&'a self, strategy: &'a StrategyEntry, name: &str) -> Option<&'a GeneEntry> {
        let named = |g: &&GeneEntry| g.name == name || g.aliases.iter().any(|a| a == name);
        strategy.genes.iter().find(named).or_else(|| self.common_genes.iter().find(named))
    }
}
