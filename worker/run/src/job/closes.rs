//! What cannot be tested on data that have closes only.

use galapagos_engine::genes::STOP_GENES;
use galapagos_rules::{Clause, Strategy};

/// The built-in strategy whose stops are part of it.
const STOPS_OF_ITS_OWN: &str = "atr_stop_loss";

/// A stop or a target acts inside bars, and the data have the close of each alone.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{what} of strategy {strategy} cannot be tested: the dataset has closes only, and whether a bar reached a stop or target \
     is not in them; {advice}, or import bars with open, high and low"
)]
pub struct NeedsBars {
    strategy: String,
    what: String,
    advice: String,
}

/// Whether a strategy with genes of these names decides at closes alone; `rules`: what it is made of, if a manifest wrote
/// it.
///
/// # Errors
/// One of them is a stop or a target, or the strategy has one of its own.
pub fn check<'a>(
    strategy: &str,
    rules: Option<&Strategy>,
    mut genes: impl Iterator<Item = &'a str>,
) -> Result<(), NeedsBars> {
    let refused =
        |what: String, advice: String| Err(NeedsBars { strategy: strategy.to_owned(), what, advice });
    if let Some(gene) = genes.find(|gene| STOP_GENES.contains(gene)) {
        return refused(format!("gene {gene}"), format!("leave {gene} out"));
    }
    if strategy == STOPS_OF_ITS_OWN {
        return refused("the stop".to_owned(), "leave the strategy out".to_owned());
    }
    let levels = rules.into_iter().flat_map(|rules| &rules.expressions);
    if let Some(level) = levels.into_iter().find(|e| matches!(e.place, Clause::Stop | Clause::Target)) {
        return refused(level.path.clone(), format!("leave {} out", level.path));
    }
    Ok(())
}
