//! What one account did on one symbol, bar by bar.

/// Why a round trip ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ExitReason {
    /// The target changed: a market order closed or turned the position.
    Signal,
    /// Fixed or trailing stop.
    Stop,
    /// The take-profit price was reached.
    Target,
    /// The equity fell to the maintenance margin.
    Liquidation,
    /// The position was held as long as its rules allow.
    Time,
    /// Final close at the end of the data.
    End,
    /// The equity reached 0.
    Ruin,
}

impl ExitReason {
    /// The name in results.
    pub fn name(self) -> &'static str {
        match self {
            ExitReason::Signal => "signal",
            ExitReason::Stop => "stop",
            ExitReason::Target => "target",
            ExitReason::Liquidation => "liquidation",
            ExitReason::Time => "time",
            ExitReason::End => "end",
            ExitReason::Ruin => "ruin",
        }
    }
}

/// A closed round trip.
#[derive(Clone, Debug, PartialEq)]
pub struct Trade {
    /// Row of the first fill.
    pub entry: usize,
    /// Row of the last fill.
    pub exit: usize,
    /// +1 long, -1 short.
    pub side: i8,
    /// Price of the first fill, slippage inside.
    pub entry_price: f64,
    /// Price of the last fill, slippage inside.
    pub exit_price: f64,
    /// Why the last fill closed the position.
    pub reason: ExitReason,
    /// Cash after the last fill minus cash before the first, in account currency.
    pub pnl: f64,
    /// Fees of all its fills, in account currency.
    pub fees: f64,
    /// Units of the first fill, unsigned.
    pub quantity: f64,
    /// The price of the stop, target or liquidation that closed it; `None`: an order did.
    pub level: Option<f64>,
    /// Whether the bar opened beyond that price, so that the open was filled.
    pub gap: bool,
}

/// One fill: an order or stop that changed the position.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FillRecord {
    /// Row at which it happened.
    pub row: usize,
    /// Signed change of the position.
    pub quantity: f64,
    /// Price of one unit, slippage inside, fee outside.
    pub price: f64,
    /// Fee, in account currency.
    pub fee: f64,
}

/// What was decided at one close. Prices are in units of the account.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Decision {
    /// Row at whose close it was taken.
    pub row: usize,
    /// Signed share of the equity that is wanted from then on.
    pub target: f64,
    /// Price of the stop that rules set for the open position; `None`: none.
    pub stop: Option<f64>,
    /// Price of the take-profit that rules set for the open position; `None`: none.
    pub take: Option<f64>,
    /// Distance of the fixed stop of a sized entry from its fill; `None`: none.
    pub stop_distance: Option<f64>,
    /// Distance of its trailing stop from the peak; `None`: none.
    pub trail_distance: Option<f64>,
}

/// All that one account did.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    /// Row at whose close the account starts: element 0 of `equity` and `position`.
    pub base: usize,
    /// Whether the base row itself counts, with return 0 (`window: Full`).
    pub full: bool,
    /// Capital at the start.
    pub capital: f64,
    /// Equity at each close from `base` on.
    pub equity: Vec<f64>,
    /// Units held at each close from `base` on, before a final close.
    pub position: Vec<f64>,
    /// Counted returns, one per counted row.
    pub returns: Vec<f64>,
    /// Closed round trips by exit.
    pub trades: Vec<Trade>,
    /// All fills in order.
    pub fills: Vec<FillRecord>,
    /// Sum of the fees.
    pub fees: f64,
    /// Sum of |quantity| x price of all fills.
    pub traded: f64,
    /// Funding and borrow paid; negative = received.
    pub funding: f64,
    /// Whether the equity reached 0.
    pub ruined: bool,
    /// Whether a position is open after the last row.
    pub open_position: bool,
}

impl Trace {
    /// Equity at the counted rows.
    pub fn counted_equity(&self) -> &[f64] {
        &self.equity[usize::from(!self.full)..]
    }

    /// Position at the counted rows.
    pub fn counted_position(&self) -> &[f64] {
        &self.position[usize::from(!self.full)..]
    }
}
