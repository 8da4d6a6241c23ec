//! The gates in their order: name, what passes, and the words when one does not (H17).

use super::numbers::{number, percent_above, percent_below, rounded_against};

/// A gate that a find passes or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gate {
    /// No decision changes when the future is taken away.
    LookAhead,
    /// Closed trades on training.
    Trades,
    /// How sure one may be that it is not luck.
    Confidence,
    /// Sharpe ratio at the highest costs.
    Costs,
    /// Median of what neighbouring genes keep.
    Neighbourhood,
    /// 1 - p of walk-forward.
    WalkForward,
    /// Timing Sharpe ratio of the holdout.
    Holdout,
    /// Sharpe ratio of the holdout over that of training.
    HoldoutRatio,
    /// Probability of backtest overfitting.
    Pbo,
    /// Deflated Sharpe ratio.
    DeflatedSharpe,
}

/// A value or threshold of a gate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Measure {
    /// Passed or not.
    Flag(bool),
    /// A number of things.
    Count(u64),
    /// A statistic.
    Number(f64),
}

impl Measure {
    /// As a number, by which it is compared.
    pub fn number(self) -> f64 {
        match self {
            Measure::Flag(flag) => f64::from(u8::from(flag)),
            Measure::Count(count) => count as f64,
            Measure::Number(number) => number,
        }
    }
}

/// What sentences say beside value and threshold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Facts {
    /// How many different strategies were tried, those of earlier jobs included.
    pub trials: u64,
    /// The largest factor of the costs.
    pub cost_factor: f64,
}

impl Gate {
    /// All gates, in the order in which they are tested.
    pub const ALL: [Gate; 10] = [
        Gate::LookAhead,
        Gate::Trades,
        Gate::Confidence,
        Gate::Costs,
        Gate::Neighbourhood,
        Gate::WalkForward,
        Gate::Holdout,
        Gate::HoldoutRatio,
        Gate::Pbo,
        Gate::DeflatedSharpe,
    ];

    /// The name in manifests and results.
    pub fn name(self) -> &'static str {
        match self {
            Gate::LookAhead => "lookAhead",
            Gate::Trades => "trades",
            Gate::Confidence => "confidence",
            Gate::Costs => "costs",
            Gate::Neighbourhood => "neighbourhood",
            Gate::WalkForward => "walkForward",
            Gate::Holdout => "holdout",
            Gate::HoldoutRatio => "holdoutRatio",
            Gate::Pbo => "pbo",
            Gate::DeflatedSharpe => "deflatedSharpe",
        }
    }

    /// The gate of a name.
    pub fn from_name(name: &str) -> Option<Gate> {
        Gate::ALL.into_iter().find(|g| g.name() == name)
    }

    /// Whether the value is good enough; `None` if it is no number.
    pub fn passes(self, value: Measure, threshold: Measure) -> Option<bool> {
        let (value, threshold) = (value.number(), threshold.number());
        if value.is_nan() || threshold.is_nan() {
            return None;
        }
        Some(match self {
            Gate::Costs | Gate::Holdout => value > threshold,
            Gate::Pbo => value <= threshold,
            _ => value >= threshold,
        })
    }

    /// What a reader is told when it does not pass. Numbers are cut on the side that fails, so that none looks like its
    /// threshold.
    pub fn sentence(self, value: Measure, threshold: Measure, facts: Facts) -> String {
        let (v, limit) = (value.number(), threshold.number());
        match self {
            Gate::LookAhead => {
                "A decision changes when the future is taken away: the result is not real.".to_owned()
            }
            Gate::Trades => {
                let trades = if v == 1.0 { "trade" } else { "trades" };
                format!("Only {v} {trades}: nothing can be said. More data, or a faster strategy.")
            }
            Gate::Confidence => format!(
                "A search of {} different strategies finds this much by luck: confidence {}, {} is needed.",
                facts.trials,
                rounded_against(v, limit),
                number(limit)
            ),
            Gate::Costs if limit == 0.0 => format!("At {} the costs it loses.", times(facts.cost_factor)),
            Gate::Costs => format!(
                "At {} the costs its Sharpe ratio is {}, more than {} is needed.",
                times(facts.cost_factor),
                rounded_against(v, limit),
                number(limit)
            ),
            Gate::Neighbourhood => {
                format!("Neighbouring genes keep only {} % of it: a lonely peak.", percent_below(v))
            }
            Gate::WalkForward => {
                "Evolved anew and traded forward, it earned nothing beyond the market.".to_owned()
            }
            Gate::Holdout => "On rows it had not seen it earned nothing beyond the market.".to_owned(),
            Gate::HoldoutRatio => {
                format!("On rows it had not seen it keeps {} % of its Sharpe.", percent_below(v))
            }
            Gate::Pbo => format!(
                "In {} % of the splits the best half was below the median in the other.",
                percent_above(v)
            ),
            Gate::DeflatedSharpe => format!("Deflated Sharpe {}.", rounded_against(v, limit)),
        }
    }
}

fn times(factor: f64) -> String {
    if factor == 2.0 { "twice".to_owned() } else { format!("{} times", number(factor)) }
}
