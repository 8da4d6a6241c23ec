//! What one back-test is worth: metrics, the reason of an undefined one, and exact block sums.

/// A metric by its name in manifests and results (X22): r is the return of a bar, T their number, B bars a year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Metric {
    /// (mean r - rf/B) / sd(r, ddof 1) x sqrt(B), from exact sums.
    Sharpe,
    /// The same mean over sqrt(mean(min(r, 0)^2)), all returns counted, a year; undefined without a loss.
    Sortino,
    /// Largest 1 - equity / peak, a positive share; the peak starts at the capital.
    MaxDrawdown,
    /// Equity at the end / capital - 1.
    TotalReturn,
    /// (1 + total return)^(B / T) - 1.
    Cagr,
    /// Cagr / max drawdown; undefined without a drawdown.
    Calmar,
    /// sd(r, ddof 1) x sqrt(B).
    Volatility,
    /// Closed round trips; raising or lowering a position is none.
    Trades,
    /// Share of trades with a result > 0.
    WinRate,
    /// Sum of gains / sum of losses of the trades; undefined without a loss.
    ProfitFactor,
    /// Mean result of a trade, in account currency.
    Expectancy,
    /// Share of bars with a position at the close.
    Exposure,
    /// Sum of |quantity| x price of all fills / mean equity / years.
    Turnover,
    /// Sum of the fees, in account currency.
    Fees,
    /// Funding and borrow paid, in account currency; negative = received.
    Funding,
    /// Population skewness of r.
    Skew,
    /// Population kurtosis of r, raw (normal = 3).
    Kurtosis,
    /// Equity at the end, in account currency.
    FinalEquity,
    /// Total return of buying at the first fill of the window and holding, at the same costs.
    BuyAndHoldReturn,
}

impl Metric {
    /// All metrics, in the order of their numbers.
    pub const ALL: [Metric; 19] = [
        Metric::Sharpe,
        Metric::Sortino,
        Metric::MaxDrawdown,
        Metric::TotalReturn,
        Metric::Cagr,
        Metric::Calmar,
        Metric::Volatility,
        Metric::Trades,
        Metric::WinRate,
        Metric::ProfitFactor,
        Metric::Expectancy,
        Metric::Exposure,
        Metric::Turnover,
        Metric::Fees,
        Metric::Funding,
        Metric::Skew,
        Metric::Kurtosis,
        Metric::FinalEquity,
        Metric::BuyAndHoldReturn,
    ];

    /// The metrics that every individual gets whatever the job asks for.
    pub const ALWAYS: [Metric; 9] = [
        Metric::Sharpe,
        Metric::MaxDrawdown,
        Metric::TotalReturn,
        Metric::Trades,
        Metric::WinRate,
        Metric::ProfitFactor,
        Metric::Exposure,
        Metric::Fees,
        Metric::Funding,
    ];

    /// The name in manifests and results.
    pub fn name(self) -> &'static str {
        match self {
            Metric::Sharpe => "sharpe",
            Metric::Sortino => "sortino",
            Metric::MaxDrawdown => "max_drawdown",
            Metric::TotalReturn => "total_return",
            Metric::Cagr => "cagr",
            Metric::Calmar => "calmar",
            Metric::Volatility => "volatility",
            Metric::Trades => "trades",
            Metric::WinRate => "win_rate",
            Metric::ProfitFactor => "profit_factor",
            Metric::Expectancy => "expectancy",
            Metric::Exposure => "exposure",
            Metric::Turnover => "turnover",
            Metric::Fees => "fees",
            Metric::Funding => "funding",
            Metric::Skew => "skew",
            Metric::Kurtosis => "kurtosis",
            Metric::FinalEquity => "final_equity",
            Metric::BuyAndHoldReturn => "buy_and_hold_return",
        }
    }

    /// Why the metric of an account is undefined, for people.
    pub fn undefined_because(self) -> &'static str {
        match self {
            Metric::Sharpe | Metric::Skew | Metric::Kurtosis => "the returns do not vary",
            Metric::Sortino => {
                "no return is negative and the mean earns nothing, or only some symbols are infinite"
            }
            Metric::Calmar => "there is no drawdown and no growth, or only some symbols are infinite",
            Metric::ProfitFactor => "no trade gained and none lost, or only some symbols are infinite",
            Metric::WinRate | Metric::Expectancy => "there is no trade",
            _ => "it is beyond what a number can hold",
        }
    }

    /// Whether the definition may end in infinity: a gain over a loss of nothing.
    fn may_be_infinite(self) -> bool {
        matches!(self, Metric::Sortino | Metric::Cagr | Metric::Calmar | Metric::ProfitFactor)
    }

    /// The metric of a name.
    pub fn from_name(name: &str) -> Option<Metric> {
        Metric::ALL.into_iter().find(|m| m.name() == name)
    }
}

/// A set of metrics, as bits by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MetricSet(pub u32);

impl MetricSet {
    /// The set of all metrics.
    pub const FULL: MetricSet = MetricSet((1 << Metric::ALL.len()) - 1);

    /// What every individual gets ([`Metric::ALWAYS`]).
    pub fn always() -> MetricSet {
        MetricSet(Metric::ALWAYS.iter().fold(0, |bits, &m| bits | 1 << m as u8))
    }

    /// This set and one more.
    #[must_use]
    pub fn with(self, m: Metric) -> MetricSet {
        MetricSet(self.0 | 1 << m as u8)
    }

    /// This set and one fewer.
    #[must_use]
    pub fn without(self, m: Metric) -> MetricSet {
        MetricSet(self.0 & !(1 << m as u8))
    }

    /// Whether `m` is in it.
    pub fn contains(self, m: Metric) -> bool {
        self.0 >> m as u8 & 1 == 1
    }
}

/// Values of metrics; an undefined or unasked one is absent (`null` in JSON), never NaN. An infinite one is undefined
/// as a number, but limits know it ([`Metrics::extended`]).
#[derive(Clone, Copy, Debug)]
pub struct Metrics {
    values: [f64; Metric::ALL.len()],
    defined: u32,
}

impl Metrics {
    /// No metric is defined.
    pub const NONE: Metrics = Metrics { values: [0.0; Metric::ALL.len()], defined: 0 };

    /// The value of `m`, if defined.
    pub fn get(&self, m: Metric) -> Option<f64> {
        (self.defined >> m as u8 & 1 == 1).then(|| self.values[m as usize])
    }

    /// The value of `m` if it is defined or known to be infinite.
    pub fn extended(&self, m: Metric) -> Option<f64> {
        let value = self.values[m as usize];
        self.get(m).or_else(|| value.is_infinite().then_some(value))
    }

    /// Sets or clears `m`. -0.0 becomes 0.0 and a non-finite value is not defined, so that bits are canonical.
    pub fn set(&mut self, m: Metric, value: Option<f64>) {
        match value {
            Some(v) if v.is_finite() => {
                self.values[m as usize] = if v == 0.0 { 0.0 } else { v };
                self.defined |= 1 << m as u8;
            }
            _ => {
                let infinite = value.filter(|v| v.is_infinite() && m.may_be_infinite());
                self.values[m as usize] = infinite.unwrap_or(0.0);
                self.defined &= !(1 << m as u8);
            }
        }
    }

    /// The defined metrics as bits by number.
    pub fn defined(&self) -> MetricSet {
        MetricSet(self.defined)
    }

    /// The metrics with an [`Metrics::extended`] value as bits by number.
    pub fn known(&self) -> MetricSet {
        let known = Metric::ALL.into_iter().filter(|&m| self.extended(m).is_some());
        known.fold(MetricSet(0), MetricSet::with)
    }

    /// Only the metrics of `set`.
    #[must_use]
    pub fn restricted(&self, set: MetricSet) -> Metrics {
        let mut out = Metrics::NONE;
        for m in Metric::ALL.into_iter().filter(|&m| set.contains(m)) {
            out.set(m, self.extended(m));
        }
        out
    }
}

impl PartialEq for Metrics {
    /// Equal when the same metrics are defined with the same bits, or infinite with the same sign.
    fn eq(&self, other: &Self) -> bool {
        self.defined == other.defined
            && self.values.iter().zip(&other.values).all(|(a, b)| a.to_bits() == b.to_bits())
    }
}

/// Why a metric is undefined or an individual is not feasible (X23), in order of precedence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Reason {
    /// Fewer than two returns. Failed.
    TooShort = 1,
    /// The equity reached 0. Failed.
    Ruined = 2,
    /// A return is not finite or out of range. Failed.
    NotFinite = 3,
    /// No closed round trip. Infeasible.
    NoTrades = 4,
    /// Returns without variance. Infeasible.
    FlatReturns = 5,
}

impl Reason {
    /// The name in results.
    pub fn name(self) -> &'static str {
        match self {
            Reason::TooShort => "TooShort",
            Reason::Ruined => "Ruined",
            Reason::NotFinite => "NotFinite",
            Reason::NoTrades => "NoTrades",
            Reason::FlatReturns => "FlatReturns",
        }
    }

    /// The reason of a number, as stored in the ledger.
    pub fn from_number(n: u8) -> Option<Reason> {
        [Reason::TooShort, Reason::Ruined, Reason::NotFinite, Reason::NoTrades, Reason::FlatReturns]
            .into_iter()
            .find(|&r| r as u8 == n)
    }

    /// Whether the individual is failed (else infeasible).
    pub fn is_failed(self) -> bool {
        matches!(self, Reason::TooShort | Reason::Ruined | Reason::NotFinite)
    }
}

/// Exact sums of one block of returns in units of 2^-52 (A1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BlockSum {
    /// Sum of the block's returns, in units of 2^-52.
    pub s1: i64,
    /// Sum of r squared.
    pub s2: i64,
}

/// Number of blocks the training window is split into.
pub const BLOCKS: usize = 16;

/// What one individual is worth on one window.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation {
    /// The metrics that were asked for.
    pub metrics: Metrics,
    /// Why it is not feasible, if so.
    pub reason: Option<Reason>,
    /// Number of counted returns.
    pub returns: u64,
    /// Sum of r in units of 2^-52.
    pub s1: i128,
    /// Sum of r squared in units of 2^-52.
    pub s2: i128,
    /// Sums per block; all zero for a failed individual.
    pub blocks: [BlockSum; BLOCKS],
    /// Whether a position was still open after the last row.
    pub open_position: bool,
}
