//! The object `validation` of `result.json`. A value that is `null` has its reason beside it, in the field of the same name
//! with `_reason` behind.

use serde::{Deserialize, Serialize};

use super::windows::WalkForward;
pub use crate::validate::costs::CostStress;
pub use crate::validate::lookahead::LookAhead;

/// Whether the find can be told from luck, and what would break it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Validation {
    /// `True`, `False` or `Unknown`: the status of the condition `Validated`.
    pub validated: String,
    /// The reason of the condition.
    pub reason: String,
    /// One sentence.
    pub summary: String,
    /// Digest of the result digest and of this object without this field.
    pub digest: String,
    /// The gates that are on, in the order in which they decide.
    pub gates: Vec<GateResult>,
    /// The find against its trials.
    pub confidence: Option<Confidence>,
    /// Why it is `null`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence_reason: Option<String>,
    /// Probabilistic Sharpe ratios and lengths of data.
    pub sharpe: SharpeParts,
    /// Overfitting of the search space.
    pub pbo: Option<Pbo>,
    /// Why it is `null`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pbo_reason: Option<String>,
    /// The winner's raw Sharpe ratio against the best of all trials without skill.
    pub reality_check: Option<Test>,
    /// Why it is `null`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reality_check_reason: Option<String>,
    /// The winner's trades at random places.
    pub random_entry: RandomEntry,
    /// The winner's returns drawn again in blocks.
    pub bootstrap: Option<Bootstrap>,
    /// Why it is `null`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bootstrap_reason: Option<String>,
    /// The winner at higher costs, by rising factor.
    pub costs: Vec<CostStress>,
    /// The winner's neighbours.
    pub neighbourhood: Option<Neighbourhood>,
    /// Why it is `null`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub neighbourhood_reason: Option<String>,
    /// What a draw of genes is worth without selection.
    pub random_genomes: Option<RandomGenomes>,
    /// Why it is `null`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub random_genomes_reason: Option<String>,
    /// When it earned.
    pub periods: Option<Periods>,
    /// Why it is `null`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub periods_reason: Option<String>,
    /// What it earned in rising, falling and sideways markets.
    pub regimes: Option<Vec<Regime>>,
    /// Why it is `null`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub regimes_reason: Option<String>,
    /// How few bars and trades make it.
    pub concentration: Option<Concentration>,
    /// Why it is `null`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub concentration_reason: Option<String>,
    /// The job evolved anew on parts of the past, each traded on the rows that follow.
    #[serde(default)]
    pub walk_forward: Option<WalkForward>,
    /// Why it is `null`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub walk_forward_reason: Option<String>,
    /// Whether a decision changes when the future is taken away.
    pub look_ahead: Option<LookAhead>,
    /// Why it is `null`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub look_ahead_reason: Option<String>,
}

/// One gate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GateResult {
    /// Name as in `validation.gates`.
    pub name: String,
    /// What the find has; `null` where it could not be computed.
    pub value: Option<f64>,
    /// What it needs.
    pub threshold: f64,
    /// Whether it passes; `null`: not known.
    pub passed: Option<bool>,
    /// What stands against it; empty if it passes.
    pub sentence: String,
}

/// A value on the training rows and on the holdout.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Windows {
    /// On the training rows.
    pub training: Option<f64>,
    /// On the holdout; `null` without one.
    pub holdout: Option<f64>,
}

/// The find against its trials.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Confidence {
    /// Probability that it is not the luck of its trials, training and holdout together.
    pub value: f64,
    /// The same in standard deviations.
    pub z: f64,
    /// Chance of so high a timing Sharpe ratio on the training rows among so many trials without skill.
    pub p_training: f64,
    /// Chance of that of the holdout.
    pub p_out_of_sample: Option<f64>,
    /// Why it is `null`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p_out_of_sample_reason: Option<String>,
    /// Annual Sharpe ratio of what is left after the market's share.
    pub timing_sharpe: Windows,
    /// The market's share.
    pub beta: Windows,
    /// Different strategies among the trials.
    pub effective_trials: u64,
    /// Trials that were made earlier on these data.
    pub prior_trials: u64,
    /// Holdouts of these data that were looked at before.
    pub prior_looks: u32,
    /// Annual timing Sharpe ratio that luck alone shows in one of twenty searches.
    pub required_sharpe: f64,
}

/// What Sharpe ratios and lengths of data say by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SharpeParts {
    /// Probability that the true Sharpe ratio is above 0.
    pub probabilistic: Windows,
    /// Returns needed until the training Sharpe ratio exceeds 0 with probability .95.
    pub minimum_track_record_bars: Option<f64>,
    /// Years below which the best of as many trials without skill shows this Sharpe ratio.
    pub minimum_backtest_years: Option<f64>,
}

/// Overfitting of the search space (combinatorially symmetric cross-validation).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pbo {
    /// Share of the splits whose best half is below the median in the other half.
    pub value: f64,
    /// Individuals that are compared.
    pub trials: u64,
    /// Number of splits.
    pub splits: u64,
    /// Median of the logit of the rank.
    pub median_logit: f64,
    /// Share of the splits whose best loses in the other half.
    pub probability_of_loss: f64,
    /// Slope of the other half's ratio on the best half's.
    pub slope: Option<f64>,
    /// Always `sharpe`.
    pub metric: String,
}

/// A test by samples: p = (1 + hits) / (1 + samples).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Test {
    /// Chance of a value as high.
    pub p: f64,
    /// Samples that reached it.
    pub hits: u64,
    /// Number of samples.
    pub samples: u64,
    /// Trials or trades behind it.
    pub of: u64,
}

/// The winner's trades at random places.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RandomEntry {
    /// On the training rows, where they were chosen to look good.
    pub training: Option<Test>,
    /// Why it is `null`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub training_reason: Option<String>,
    /// On the holdout.
    pub holdout: Option<Test>,
    /// Why it is `null`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holdout_reason: Option<String>,
}

/// The stationary bootstrap of the training returns; intervals of 95 %.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bootstrap {
    /// Mean length of a block.
    pub mean_block_bars: u64,
    /// Number of samples.
    pub samples: u64,
    /// Annual Sharpe ratio.
    pub sharpe: [f64; 2],
    /// Total return.
    pub total_return: [f64; 2],
    /// Largest drawdown.
    pub max_drawdown: [f64; 2],
    /// Share of the samples with a Sharpe ratio of 0 or less.
    pub p: f64,
}

/// The winner's neighbours among the genes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Neighbourhood {
    /// Number of neighbours.
    pub neighbours: u64,
    /// Median of their Sharpe ratios as shares of the winner's.
    pub median: f64,
    /// The worst share.
    pub worst: f64,
    /// The part of them with a Sharpe ratio of 0 or less.
    pub losing: f64,
}

/// What a draw of genes is worth without selection: Sharpe ratios of generation 0.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RandomGenomes {
    /// Individuals.
    pub trials: u64,
    /// A quarter is at most this, a year.
    pub lower_quartile: f64,
    /// Half is.
    pub median: f64,
    /// Three quarters are.
    pub upper_quartile: f64,
    /// Share above 0.
    pub positive: f64,
}

/// When it earned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Periods {
    /// Share of the 16 blocks that earned.
    pub positive_blocks: f64,
    /// Share of the sum of all returns that the best block made.
    pub best_block_share: Option<f64>,
    /// Why it is `null`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub best_block_share_reason: Option<String>,
    /// Calendar years, UTC.
    pub years: Vec<Year>,
}

/// A calendar year.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Year {
    /// Its number.
    pub year: i32,
    /// Annual Sharpe ratio of its bars.
    pub sharpe: Option<f64>,
    /// Return of its bars.
    pub total_return: f64,
    /// Trades closed in it.
    pub trades: u64,
}

/// Markets of one kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Regime {
    /// `up`, `sideways` or `down`.
    pub market: String,
    /// Bars.
    pub bars: u64,
    /// Sum of the winner's returns.
    pub returns: f64,
    /// Sum of the market's.
    pub market_returns: f64,
    /// Annual Sharpe ratio of the winner.
    pub sharpe: Option<f64>,
}

/// How few bars and trades make it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Concentration {
    /// Total return without the five best bars.
    pub return_without_best_bars: f64,
    /// Share of the net profit that the five best trades made; `null` with five trades or fewer, or without a profit.
    pub best_trades_share: Option<f64>,
    /// Why it is `null`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub best_trades_share_reason: Option<String>,
}

#[cfg(test)]
mod tests {
    use galapagos_crds::conditions::ValidatedReason;
    use galapagos_crds::status;
    use galapagos_validation::verdict::{Reason, Validated};

    #[test]
    fn a_verdict_has_one_name_in_the_result_and_in_the_condition() {
        let reasons = [
            Reason::AllGatesPassed,
            Reason::LookAhead,
            Reason::TooFewTrades,
            Reason::LikelyLuck,
            Reason::CostSensitive,
            Reason::Fragile,
            Reason::WalkForwardFailed,
            Reason::HoldoutFailed,
            Reason::Degraded,
            Reason::Overfit,
            Reason::DeflatedSharpeLow,
            Reason::NotComputed,
            Reason::NoCandidate,
            Reason::NotYet,
        ];
        let of_the_condition: Vec<_> = ValidatedReason::ALL.iter().map(|reason| reason.as_str()).collect();
        let mut all: Vec<_> = reasons.iter().map(|reason| reason.name()).collect();
        all.push("Unknown");
        assert_eq!(all, of_the_condition);
        for (result, condition) in [
            (Validated::True, status::Validated::True),
            (Validated::False, status::Validated::False),
            (Validated::Unknown, status::Validated::Unknown),
        ] {
            assert_eq!(result.name(), condition.as_str());
        }
    }
}
