//! Which strategies there are, and by which names they are found.

use super::BuiltIn;

static ALL: [&dyn BuiltIn; 15] = [
    &super::sma_crossover::SmaCrossover,
    &super::ema_crossover::EmaCrossover,
    &super::donchian_breakout::DonchianBreakout,
    &super::rsi_filter::RsiFilter,
    &super::stochastic_oscillator::StochasticOscillator,
    &super::sma_trend_filter::SmaTrendFilter,
    &super::atr_stop_loss::AtrStopLoss,
    &super::ichimoku_cloud::IchimokuCloud,
    &super::vwap_reversion::VwapReversion,
    &super::volatility_scaling::VolatilityScaling,
    &super::funding_rate_carry::FundingRateCarry,
    &super::linear_svc_classifier::LinearSvcClassifier,
    &super::pca_tree_quantile::PcaTreeQuantile,
    &super::bollinger_bands::BollingerBands,
    &super::nadaraya_watson::NadarayaWatson,
];

/// A strategy and the genes that its name fixes.
#[derive(Clone, Copy)]
pub struct Found {
    /// The strategy of that name.
    pub strategy: &'static dyn BuiltIn,
    /// Genes fixed by an alias, as name and value.
    pub fixed: &'static [(&'static str, &'static str)],
}

/// Every strategy, in the order of the catalogue.
pub fn all() -> &'static [&'static dyn BuiltIn] {
    &ALL
}

/// The strategy of a name or an alias: `rsi_mean_reversion` is `rsi_filter` with its mode fixed.
pub fn find(name_or_alias: &str) -> Option<Found> {
    let (name, fixed): (&str, &[(&str, &str)]) = match name_or_alias {
        "rsi_mean_reversion" => ("rsi_filter", &[("operation_mode", "reversion")]),
        name => (name, &[]),
    };
    ALL.iter().find(|s| s.def().name == name).map(|&strategy| Found { strategy, fixed })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::genes::{GeneKind, Range};
    use std::collections::BTreeSet;

    #[test]
    fn every_name_and_alias_finds_one_strategy() {
        let names: BTreeSet<_> = all().iter().map(|s| s.def().name).collect();
        assert_eq!(names.len(), all().len());
        assert!(all().iter().all(|s| find(s.def().name).unwrap().fixed.is_empty()));
        let alias = find("rsi_mean_reversion").unwrap();
        assert_eq!(alias.strategy.def().name, "rsi_filter");
        assert_eq!(alias.fixed, [("operation_mode", "reversion")]);
        assert!(find("no_such_rule").is_none());
    }

    #[test]
    fn every_default_bound_and_listed_value_is_acceptable() {
        for gene in all().iter().flat_map(|s| s.def().genes).chain(&crate::genes::STOP_GENE_DEFS) {
            gene.default_value().unwrap();
            let texts: Vec<&str> = match gene.range {
                Range::Linear { min, max, step } => {
                    assert!(gene.unit.is_none_or(|u| {
                        let d = |s: &str| s.parse::<rust_decimal::Decimal>().unwrap();
                        (d(step) % d(u)).is_zero()
                    }));
                    vec![min, max]
                }
                Range::Log { min, max, .. } => vec![min, max],
                Range::Values(list) | Range::Categories(list) => list.to_vec(),
            };
            for text in texts {
                gene.parse(text).unwrap();
            }
            assert_eq!(gene.kind == GeneKind::Categorical, gene.hard.is_none(), "{}", gene.name);
            assert!(gene.help.ends_with('.'), "{}", gene.name);
        }
    }
}
