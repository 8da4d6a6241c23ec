//! What an expression can know of the account and its position: the terms of phases F and P (contract D3).

/// Terms of the account and of the position, in the order of [`State`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Term {
    BarsSinceExit,
    LastPnl,
    TradesToday,
    Dir,
    EntryPrice,
    BarsInTrade,
    Peak,
    Trough,
    Profit,
    InitialRisk,
    R,
    StopNow,
}

/// Number of terms.
const TERMS: usize = 12;

impl Term {
    /// The term of a name of the language.
    pub fn from_name(name: &str) -> Option<Term> {
        Some(match name {
            "bars_since_exit" => Term::BarsSinceExit,
            "last_pnl" => Term::LastPnl,
            "trades_today" => Term::TradesToday,
            "dir" => Term::Dir,
            "entry_price" => Term::EntryPrice,
            "bars_in_trade" => Term::BarsInTrade,
            "peak" => Term::Peak,
            "trough" => Term::Trough,
            "profit" => Term::Profit,
            "initial_risk" => Term::InitialRisk,
            "r" => Term::R,
            "stop_now" => Term::StopNow,
            _ => return None,
        })
    }
}

/// The value of each term; not a number is na.
#[derive(Clone, Copy, Debug)]
pub(super) struct State([f64; TERMS]);

impl State {
    /// Nothing is known.
    pub const UNKNOWN: State = State([f64::NAN; TERMS]);

    /// The value of a term.
    #[inline]
    pub fn get(&self, term: Term) -> f64 {
        self.0[term as usize]
    }

    /// The same state but for one term.
    #[must_use]
    pub fn with(mut self, term: Term, value: f64) -> State {
        self.0[term as usize] = value;
        self
    }
}

/// An open position as the rules see it; prices are plain.
#[derive(Clone, Copy, Debug)]
pub(super) struct Position {
    pub long: bool,
    /// Row of the fill.
    pub entry: usize,
    /// Row of the close that decided it.
    pub signal: usize,
    /// The fill, slippage inside.
    pub price: f64,
    /// Best and worst price since the fill.
    pub peak: f64,
    pub trough: f64,
    /// Distance of the stop at the fill; not a number without.
    pub initial_risk: f64,
    /// The level of the stop; not a number without.
    pub stop: f64,
}

impl Position {
    /// A position of a fill.
    pub fn new(long: bool, entry: usize, signal: usize, price: f64) -> Position {
        let unknown = f64::NAN;
        Position {
            long,
            entry,
            signal,
            price,
            peak: price,
            trough: price,
            initial_risk: unknown,
            stop: unknown,
        }
    }

    /// Takes in the extremes of a bar, after its tests.
    pub fn follow(&mut self, high: f64, low: f64) {
        let (best, worst) = if self.long { (high, low) } else { (low, high) };
        let better = |a: f64, b: f64| if self.long { a > b } else { a < b };
        if better(best, self.peak) {
            self.peak = best;
        }
        if better(self.trough, worst) {
            self.trough = worst;
        }
    }

    fn dir(&self) -> f64 {
        if self.long { 1.0 } else { -1.0 }
    }

    /// What is known at the fill, where nothing has been gained: else no stop could depend on a gain.
    pub fn at_fill(&self) -> State {
        State::UNKNOWN
            .with(Term::Dir, self.dir())
            .with(Term::EntryPrice, self.price)
            .with(Term::BarsInTrade, 0.0)
            .with(Term::Peak, self.price)
            .with(Term::Trough, self.price)
            .with(Term::Profit, 0.0)
            .with(Term::InitialRisk, self.initial_risk)
            .with(Term::R, 0.0)
    }

    /// What is known of it that no row changes.
    pub fn fixed(&self) -> State {
        State::UNKNOWN
            .with(Term::Dir, self.dir())
            .with(Term::EntryPrice, self.price)
            .with(Term::InitialRisk, self.initial_risk)
    }

    /// What is known at the close of row `t`.
    pub fn at_close(&self, t: usize, close: f64) -> State {
        let dir = self.dir();
        State::UNKNOWN
            .with(Term::Dir, dir)
            .with(Term::EntryPrice, self.price)
            .with(Term::BarsInTrade, (t - self.entry) as f64)
            .with(Term::Peak, self.peak)
            .with(Term::Trough, self.trough)
            .with(Term::Profit, dir * (close / self.price - 1.0))
            .with(Term::InitialRisk, self.initial_risk)
            .with(Term::R, dir * (close - self.price) / self.initial_risk)
            .with(Term::StopNow, self.stop)
    }
}
