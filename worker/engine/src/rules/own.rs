//! A strategy that a manifest wrote.

use crate::bars::Bars;
use crate::genes::{GeneValue, Genome};
use crate::signals::Signals;
use crate::strategies::{Context, Series, Strategy};
use galapagos_rules::{At, Stamps};
use std::collections::BTreeMap;

/// A strategy that a manifest wrote, checked.
#[derive(Debug)]
pub struct Own {
    strategy: galapagos_rules::Strategy,
    /// Names of the genes that expressions know, in the order of the genome: that of the document, without those of
    /// C13.
    genes: Vec<String>,
}

impl Own {
    /// The strategy of checked rules. The values of its genomes stand in the order of the document, without the stop
    /// genes, which any strategy may have ([`crate::genes::Stops`]); a word is the number of its place among the values.
    pub fn new(strategy: galapagos_rules::Strategy) -> Own {
        let mut genes: Vec<(usize, String)> = strategy
            .genes
            .iter()
            .filter(|(name, _)| !galapagos_rules::GUARDS.contains(&name.as_str()))
            .map(|(name, domain)| (domain.position, name.clone()))
            .collect();
        genes.sort_unstable();
        Own { genes: genes.into_iter().map(|(_, name)| name).collect(), strategy }
    }

    /// The rules.
    pub fn rules(&self) -> &galapagos_rules::Strategy {
        &self.strategy
    }

    /// Names of the genes, in the order of the genome.
    pub fn genes(&self) -> &[String] {
        &self.genes
    }

    /// The values of a genome by name, as the language reads them.
    pub fn values(&self, genome: &Genome) -> galapagos_rules::Genome {
        let mut out = BTreeMap::new();
        for (name, value) in self.genes.iter().zip(&genome.values) {
            let text = match *value {
                GeneValue::Number(number) => number.normalize().to_string(),
                GeneValue::Category(place) => {
                    let words = self.strategy.genes.get(name).and_then(|domain| domain.words());
                    words.and_then(|words| words.get(place as usize)).cloned().unwrap_or_default()
                }
            };
            out.insert(name.clone(), text);
        }
        out
    }

    /// Rows needed before the first decision of any genome is the close of row `bound - 1`.
    pub fn warm_up_bound(&self, bars: &Bars, others: &[Bars]) -> usize {
        self.rows(At::Bounds, bars, others)
    }

    fn rows(&self, at: At<'_>, bars: &Bars, others: &[Bars]) -> usize {
        let stamps = Stamps {
            interval: bars.interval_ms / 1000,
            own: bars.time_ms.iter().map(|ms| ms.div_euclid(1000)).collect(),
            others: others
                .iter()
                .map(|b| (b.symbol.to_owned(), b.time_ms.iter().map(|ms| ms.div_euclid(1000)).collect()))
                .collect(),
        };
        let rows = self.strategy.warm_up(at, Some(&stamps)).map(|w| w.rows);
        rows.and_then(|rows| usize::try_from(rows).ok()).unwrap_or(usize::MAX)
    }
}

impl Strategy for Own {
    fn name(&self) -> &str {
        &self.strategy.name
    }

    fn warm_up(&self, bars: &Bars, others: &[Bars], genome: &Genome) -> usize {
        self.rows(At::Genome(&self.values(genome)), bars, others)
    }

    fn signals(&self, bars: &Bars, _genome: &Genome, _ctx: Context) -> Signals {
        Signals::Positions(vec![0; bars.len()])
    }

    fn indicators(&self, _bars: &Bars, _genome: &Genome, _ctx: Context) -> Vec<Series> {
        Vec::new()
    }
}
