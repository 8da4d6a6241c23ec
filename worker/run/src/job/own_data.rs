//! What rules ask of the rows of the data (`docs/contract/rules.md`, D4 and D9).

use galapagos_engine::bars::Bars;
use galapagos_rules::Strategy;

/// Prices of this many ticks and more do not fit the exact numbers of the language.
pub(crate) const MOST_TICKS: i64 = 1 << 47;

/// Rules of a manifest look at something that the data do not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RulesError {
    /// A price is too large.
    #[error(
        "strategy {strategy}: the prices of {symbol} reach 2^47 ticks, which rules cannot hold; import it with fewer decimals"
    )]
    Ticks {
        /// Name of the strategy.
        strategy: String,
        /// Name of the symbol.
        symbol: String,
    },
    /// Another symbol has no volume.
    #[error("strategy {strategy}: rules read the volume, and {symbol} has none")]
    Volume {
        /// Name of the strategy.
        strategy: String,
        /// Name of the symbol.
        symbol: String,
    },
    /// A file of signals has nothing of a symbol.
    #[error(
        "strategy {strategy}: rules read {column}, and the signals have no row of {symbol}; add some to the file and import \
         it again, or leave the symbol out"
    )]
    Signals {
        /// Name of the strategy.
        strategy: String,
        /// Signals and column.
        column: String,
        /// Name of the symbol.
        symbol: String,
    },
}

/// Whether the rows of a strategy have what its rules need.
///
/// # Errors
/// They have not.
pub fn check(name: &str, rules: &Strategy, bars: &[Bars<'_>], others: &[Bars<'_>]) -> Result<(), RulesError> {
    let (seen, volumes) = (rules.symbols(), rules.volumes());
    let named = |bars: &&Bars<'_>| seen.contains(bars.symbol);
    for bars in bars.iter().chain(others.iter().filter(named)) {
        let (strategy, symbol) = (name.to_owned(), bars.symbol.to_owned());
        if bars.high.iter().any(|&ticks| ticks >= MOST_TICKS) {
            return Err(RulesError::Ticks { strategy, symbol });
        }
        if volumes.contains(&Some(bars.symbol)) && !bars.has_volume() {
            return Err(RulesError::Volume { strategy, symbol });
        }
    }
    for (column, of) in rules.columns() {
        let read = match of {
            None => bars,
            Some(_) => others,
        };
        let column = column.to_string();
        let lacks =
            |bars: &&Bars<'_>| of.is_none_or(|of| of == bars.symbol) && bars.signal(&column).is_none();
        if let Some(bars) = read.iter().find(lacks) {
            let (strategy, symbol) = (name.to_owned(), bars.symbol.to_owned());
            return Err(RulesError::Signals { strategy, column, symbol });
        }
    }
    Ok(())
}
