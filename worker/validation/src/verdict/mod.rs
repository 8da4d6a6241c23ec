//! The verdict on a find: gates in order, the first that fails decides (H17).

mod gate;
mod numbers;

pub use gate::{Facts, Gate, Measure};

use crate::NullReason;

/// The confidence from which on the share of worthless finds in [`PASSED`] is known.
const KNOWN_FROM: f64 = 0.95;

const PASSED: &str = "No sign of luck: of 100 worthless finds about 4 pass these gates.";
const PASSED_WEAKER: &str = "All gates are passed, but they are weaker than the default ones: how many worthless finds pass is not known.";

/// Whether the find is validated, as the status of a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Validated {
    /// All gates are passed.
    True,
    /// One is failed.
    False,
    /// It cannot be said.
    Unknown,
}

impl Validated {
    /// The word in results and conditions.
    pub fn name(self) -> &'static str {
        match self {
            Validated::True => "True",
            Validated::False => "False",
            Validated::Unknown => "Unknown",
        }
    }
}

/// Why: the reason of the condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Every gate that is on is passed.
    AllGatesPassed,
    /// A decision knew the future.
    LookAhead,
    /// Too few trades to say anything.
    TooFewTrades,
    /// A search of this size finds this much by luck.
    LikelyLuck,
    /// It does not bear higher costs.
    CostSensitive,
    /// Its neighbours are worth little.
    Fragile,
    /// Walk-forward earned nothing beyond the market.
    WalkForwardFailed,
    /// The holdout earned nothing beyond the market.
    HoldoutFailed,
    /// The holdout keeps too little.
    Degraded,
    /// The search space overfits.
    Overfit,
    /// The deflated Sharpe ratio is low.
    DeflatedSharpeLow,
    /// A gate has no value.
    NotComputed,
    /// Nothing was feasible.
    NoCandidate,
    /// The run goes on.
    NotYet,
}

impl Reason {
    /// The word in results and conditions.
    pub fn name(self) -> &'static str {
        match self {
            Reason::AllGatesPassed => "AllGatesPassed",
            Reason::LookAhead => "LookAhead",
            Reason::TooFewTrades => "TooFewTrades",
            Reason::LikelyLuck => "LikelyLuck",
            Reason::CostSensitive => "CostSensitive",
            Reason::Fragile => "Fragile",
            Reason::WalkForwardFailed => "WalkForwardFailed",
            Reason::HoldoutFailed => "HoldoutFailed",
            Reason::Degraded => "Degraded",
            Reason::Overfit => "Overfit",
            Reason::DeflatedSharpeLow => "DeflatedSharpeLow",
            Reason::NotComputed => "NotComputed",
            Reason::NoCandidate => "NoCandidate",
            Reason::NotYet => "NotYet",
        }
    }

    /// Of a gate that failed.
    fn of_gate(gate: Gate) -> Reason {
        match gate {
            Gate::LookAhead => Reason::LookAhead,
            Gate::Trades => Reason::TooFewTrades,
            Gate::Confidence => Reason::LikelyLuck,
            Gate::Costs => Reason::CostSensitive,
            Gate::Neighbourhood => Reason::Fragile,
            Gate::WalkForward => Reason::WalkForwardFailed,
            Gate::Holdout => Reason::HoldoutFailed,
            Gate::HoldoutRatio => Reason::Degraded,
            Gate::Pbo => Reason::Overfit,
            Gate::DeflatedSharpe => Reason::DeflatedSharpeLow,
        }
    }
}

/// A gate that is on, and what it is about.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Asked {
    /// The gate.
    pub gate: Gate,
    /// What the manifest asks for.
    pub threshold: Measure,
    /// What was found, or why nothing was.
    pub value: Result<Measure, NullReason>,
}

/// A gate after the judgement.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// The gate, its threshold and its value.
    pub asked: Asked,
    /// `None`: it is not known.
    pub passed: Option<bool>,
    /// What a reader is told if it is not passed.
    pub sentence: Option<String>,
}

/// The judgement of a find.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// Whether it is validated.
    pub validated: Validated,
    /// Why.
    pub reason: Reason,
    /// The same in one sentence.
    pub summary: String,
    /// The gates that are on, in the order of [`Gate::ALL`].
    pub gates: Vec<Judged>,
}

impl Verdict {
    /// The names of the gates that failed.
    pub fn failed(&self) -> Vec<&'static str> {
        let failed = self.gates.iter().filter(|g| g.passed == Some(false));
        failed.map(|g| g.asked.gate.name()).collect()
    }

    /// Of a run without a feasible individual.
    pub fn no_candidate() -> Verdict {
        Verdict::unknown(Reason::NoCandidate, "No individual was feasible: there is nothing to judge.")
    }

    /// Of a run that goes on.
    pub fn not_yet() -> Verdict {
        Verdict::unknown(Reason::NotYet, "A find is judged when the run has ended.")
    }

    fn unknown(reason: Reason, summary: &str) -> Verdict {
        Verdict { validated: Validated::Unknown, reason, summary: summary.to_owned(), gates: Vec::new() }
    }
}

/// Judges a find by the gates that are on, in whatever order they come. A decision that knew the future refutes it; else
/// too few trades leave it open; else the first gate that fails refutes it; else one without a value leaves it open.
pub fn judge(asked: &[Asked], facts: Facts) -> Verdict {
    let mut gates: Vec<Judged> = asked.iter().map(|&asked| judge_one(asked, facts)).collect();
    gates.sort_by_key(|g| g.asked.gate);
    let failed = |gate: &Judged| gate.passed == Some(false);
    let of =
        |gate: &Judged, validated, reason| (validated, reason, gate.sentence.clone().unwrap_or_default());
    // The order of the gates is that of the question: what comes first in it is looked for first.
    let (validated, reason, summary) = if let Some(gate) = gates.iter().find(|g| failed(g)) {
        let open = gate.asked.gate == Gate::Trades;
        let validated = if open { Validated::Unknown } else { Validated::False };
        of(gate, validated, Reason::of_gate(gate.asked.gate))
    } else if let Some(gate) = gates.iter().find(|g| g.passed.is_none()) {
        of(gate, Validated::Unknown, Reason::NotComputed)
    } else {
        let known = asked.iter().any(|a| a.gate == Gate::Confidence && a.threshold.number() >= KNOWN_FROM);
        let summary = if known { PASSED } else { PASSED_WEAKER };
        (Validated::True, Reason::AllGatesPassed, summary.to_owned())
    };
    Verdict { validated, reason, summary, gates }
}

fn judge_one(asked: Asked, facts: Facts) -> Judged {
    let Asked { gate, threshold, value } = asked;
    let passed = value.ok().and_then(|value| gate.passes(value, threshold));
    let unknown =
        |reason: NullReason| Some(format!("`{}` could not be computed: {}.", gate.name(), reason.name()));
    let sentence = match (value, passed) {
        (_, Some(true)) => None,
        (Ok(value), Some(false)) => Some(gate.sentence(value, threshold, facts)),
        (Ok(_), None) => unknown(NullReason::NotFinite),
        (Err(reason), _) => unknown(reason),
    };
    Judged { asked, passed, sentence }
}

#[cfg(test)]
mod tests;
