//! What every account of the batch path keeps: the deepest fall of its equity and the tally of its round trips.

use crate::simulator::RUIN;

/// A little more than 1: room for the roundings of a product that decides whether a division is worth its time.
const ROOM: f64 = 1.0 + 4.0 * f64::EPSILON;

/// The deepest fall from a peak so far. One division per new low, not per row.
#[derive(Clone, Debug)]
pub(super) struct Drawdown {
    /// Highest equity so far.
    pub peak: f64,
    /// Lowest equity as a share of the highest before it.
    pub lowest: f64,
    /// Equity at or above this is neither ruin nor a new lowest share while the peak stands.
    floor: f64,
    /// Equity at or below this is ruin.
    pub ruin: f64,
}

impl Drawdown {
    pub(super) fn new(capital: f64) -> Drawdown {
        let mut new = Drawdown { peak: capital, lowest: 1.0, floor: 0.0, ruin: RUIN * capital };
        new.lower_floor();
        new
    }

    #[inline(always)]
    fn lower_floor(&mut self) {
        let (share, ruin) = (self.peak * self.lowest * ROOM, self.ruin * ROOM);
        self.floor = if share > ruin { share } else { ruin };
    }

    /// Takes one value of equity above ruin.
    #[inline(always)]
    pub(super) fn take(&mut self, e: f64) {
        if e > self.peak {
            self.peak = e;
            self.lower_floor();
        } else if e < self.floor {
            self.fall(e);
        }
    }

    /// Takes rows in which the equity was at most `high` and at least `low` (both reached). Answers false, and takes
    /// nothing, where only the order of the rows can tell: some row may be ruin, or a fall from a new peak.
    #[inline(always)]
    pub(super) fn take_range(&mut self, high: f64, low: f64) -> bool {
        if high > self.peak {
            if low < high * self.lowest * ROOM || low <= self.ruin {
                return false;
            }
            self.peak = high;
            self.lower_floor();
        } else if low < self.floor {
            if low <= self.ruin {
                return false;
            }
            self.fall(low);
        }
        true
    }

    #[inline(always)]
    fn fall(&mut self, e: f64) {
        let share = e / self.peak;
        if share < self.lowest {
            self.lowest = share;
            self.lower_floor();
        }
    }
}

/// Closed round trips and what they cost, in account currency.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    pub fees: f64,
    /// Sum of |quantity| x price of all fills, where it is asked for.
    pub traded: f64,
    /// Funding and borrow paid.
    pub funding: f64,
    pub gains: f64,
    pub losses: f64,
    pub pnl: f64,
    pub trades: u64,
    pub wins: u64,
    /// Rows with a position at the close.
    pub exposed: u64,
}

impl Tally {
    /// Books a round trip.
    #[inline(always)]
    pub(super) fn book(&mut self, pnl: f64) {
        self.pnl += pnl;
        let won = pnl > 0.0;
        self.wins += u64::from(won);
        self.gains += if won { pnl } else { 0.0 };
        self.losses += if pnl < 0.0 { -pnl } else { 0.0 };
        self.trades += 1;
    }
}
