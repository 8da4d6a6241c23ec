//! Why a number of the verdict is not there.

/// Why a part of the result is null; its name stands beside it as `x_reason` (H10).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NullReason {
    /// The manifest does not ask for it.
    NotRequested,
    /// No individual was feasible, so there is no winner.
    NoCandidate,
    /// Too few trials to choose from.
    TooFewTrials,
    /// Too few returns.
    TooShort,
    /// No rows were held out.
    NoHoldout,
    /// No trade to place anew.
    NoTrades,
    /// Returns without variance.
    FlatReturns,
    /// The account was ruined.
    Ruined,
    /// What would be divided by is not above 0.
    NotPositive,
    /// No gene is a number with more than one value.
    NoNumericGene,
    /// What the windows earned where they were trained is not above 0.
    InSampleNotPositive,
    /// A limit of time or money ended the run before it.
    TimeLimit,
    /// The winner cannot be back-tested again.
    NotReplayable,
    /// A number is beyond the range of exact sums (A1).
    NotFinite,
}

impl NullReason {
    /// All of them, in the order of the contract.
    pub const ALL: [NullReason; 14] = [
        NullReason::NotRequested,
        NullReason::NoCandidate,
        NullReason::TooFewTrials,
        NullReason::TooShort,
        NullReason::NoHoldout,
        NullReason::NoTrades,
        NullReason::FlatReturns,
        NullReason::Ruined,
        NullReason::NotPositive,
        NullReason::NoNumericGene,
        NullReason::InSampleNotPositive,
        NullReason::TimeLimit,
        NullReason::NotReplayable,
        NullReason::NotFinite,
    ];

    /// The name in results.
    pub fn name(self) -> &'static str {
        match self {
            NullReason::NotRequested => "NotRequested",
            NullReason::NoCandidate => "NoCandidate",
            NullReason::TooFewTrials => "TooFewTrials",
            NullReason::TooShort => "TooShort",
            NullReason::NoHoldout => "NoHoldout",
            NullReason::NoTrades => "NoTrades",
            NullReason::FlatReturns => "FlatReturns",
            NullReason::Ruined => "Ruined",
            NullReason::NotPositive => "NotPositive",
            NullReason::NoNumericGene => "NoNumericGene",
            NullReason::InSampleNotPositive => "InSampleNotPositive",
            NullReason::TimeLimit => "TimeLimit",
            NullReason::NotReplayable => "NotReplayable",
            NullReason::NotFinite => "NotFinite",
        }
    }
}

impl std::fmt::Display for NullReason {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl std::error::Error for NullReason {}

#[cfg(test)]
mod tests {
    use super::*;

    // Contract H10.
    #[test]
    fn names_are_those_of_the_contract() {
        let page = include_str!("../../../docs/contract/luck.md");
        let text = page.split("### H10 ").nth(1).unwrap().split("\n## ").next().unwrap();
        let named: Vec<&str> =
            text.split('`').skip(1).step_by(2).filter(|word| !word.starts_with('x')).collect();
        assert_eq!(named, NullReason::ALL.map(NullReason::name));
    }
}
