//! Stops, targets and liquidations inside a bar (X1(3), X6, X9 to X12).

use crate::genes::{Stops, to_f64};
use crate::orders::Distances;

/// Stop genes as f64 fractions.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Fractions {
    stop: Option<f64>,
    take: Option<f64>,
    trail: Option<f64>,
}

impl Fractions {
    /// Whether none is set.
    pub fn is_none(&self) -> bool {
        *self == Fractions::default()
    }
}

impl From<Stops> for Fractions {
    fn from(s: Stops) -> Fractions {
        Fractions {
            stop: s.stop_loss.map(to_f64),
            take: s.take_profit.map(to_f64),
            trail: s.trailing_stop.map(to_f64),
        }
    }
}

/// Prices that the rules of one's own strategy set for a position; `None`: none.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Levels {
    pub stop: Option<f64>,
    pub target: Option<f64>,
}

/// The levels that guard one position, fixed at its entry but for the peak and for those that rules set.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Guard {
    long: bool,
    fill: f64,
    fixed: Option<f64>,
    target: Option<f64>,
    levels: Levels,
    peak: f64,
    trail: Option<f64>,
    trail_distance: Option<f64>,
}

/// What closed a position inside a bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GuardEvent {
    Stop,
    Target,
    Liquidation,
}

/// An event with its price before slippage.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Hit {
    pub event: GuardEvent,
    /// The price that was guarded.
    pub level: f64,
    /// The price that there was: the open where it lies beyond the level.
    pub price: f64,
}

/// Prices of one bar.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bar {
    pub open: f64,
    pub high: f64,
    pub low: f64,
}

impl Guard {
    /// Levels from the fill price, slippage inside.
    pub fn new(long: bool, fill: f64, fractions: Fractions, distances: Distances) -> Guard {
        let below = |x: f64| if long { fill * (1.0 - x) } else { fill * (1.0 + x) };
        let above = |y: f64| if long { fill * (1.0 + y) } else { fill * (1.0 - y) };
        let away = distances.stop.map(|d| if long { fill - d } else { fill + d });
        Guard {
            long,
            fill,
            levels: Levels::default(),
            fixed: tighter(long, fractions.stop.map(below), away),
            target: fractions.take.map(above),
            peak: fill,
            trail: fractions.trail,
            trail_distance: distances.trail,
        }
    }

    /// Sets the levels of the rules from the next test on.
    pub fn set(&mut self, levels: Levels) {
        self.levels = levels;
    }

    /// The nearer target. In the bar of the entry one that the rules set counts only beyond the fill.
    fn target(&self, entry: bool) -> Option<f64> {
        let beyond = |t: &f64| if self.long { *t > self.fill } else { *t < self.fill };
        let own = self.levels.target.filter(|t| !entry || beyond(t));
        // What is the tighter stop for the one side is the nearer target of the other.
        tighter(!self.long, self.target, own)
    }

    /// The effective stop: the tightest of fixed, trailing from the peak of the bars before, and that of the rules.
    fn stop(&self) -> Option<f64> {
        self.stop_below(self.peak)
    }

    /// The same where the peak stands at `p`.
    fn stop_below(&self, p: f64) -> Option<f64> {
        let by_share = self.trail.map(|x| if self.long { p * (1.0 - x) } else { p * (1.0 + x) });
        let by_distance = self.trail_distance.map(|d| if self.long { p - d } else { p + d });
        let trailing = tighter(self.long, by_share, by_distance);
        tighter(self.long, self.levels.stop, tighter(self.long, self.fixed, trailing))
    }

    /// Moves the peak after the bar's check.
    pub fn follow(&mut self, bar: Bar) {
        self.peak = self.peak_with(bar.high, bar.low);
    }

    /// Moves the peak over bars that reach from `low` to `high`.
    pub fn follow_range(&mut self, (high, low): (f64, f64)) {
        self.peak = self.peak_with(high, low);
    }

    fn peak_with(&self, high: f64, low: f64) -> f64 {
        let (p, extreme) = (self.peak, if self.long { high } else { low });
        if (extreme > p) == self.long && extreme != p { extreme } else { p }
    }

    /// Whether no bar after the entry's can reach a stop or target, if all of them lie between `low` and `high` and
    /// hold their opens. The stop of each is at most as tight as with the peak of all: rounding is monotone.
    pub fn is_out_of_reach(&self, (high, low): (f64, f64)) -> bool {
        self.is_beyond(self.peak_with(high, low), (high, low))
    }

    /// The same of one bar, whose own extremes do not move the peak before its test.
    pub fn is_out_of_reach_of_bar(&self, (high, low): (f64, f64)) -> bool {
        self.is_beyond(self.peak, (high, low))
    }

    fn is_beyond(&self, peak: f64, (high, low): (f64, f64)) -> bool {
        let (stop, target) = (self.stop_below(peak), self.target(false));
        if self.long {
            stop.is_none_or(|stop| low > stop) && target.is_none_or(|target| high < target)
        } else {
            stop.is_none_or(|stop| high < stop) && target.is_none_or(|target| low > target)
        }
    }

    /// The event of this bar, if any. `entry` = the position was opened at this bar's
    /// open, so that stops cannot gap; `liquidation` is the price at which the margin ends.
    pub fn event(&self, bar: Bar, entry: bool, liquidation: Option<f64>) -> Option<Hit> {
        let hit = |event, level, price| Some(Hit { event, level, price });
        // `worse(a, b)`: a is at or beyond b on the losing side.
        let worse = |a: f64, b: f64| if self.long { a <= b } else { a >= b };
        let (extreme, best) = if self.long { (bar.low, bar.high) } else { (bar.high, bar.low) };
        let nearest = match (self.stop(), liquidation) {
            (Some(l), Some(p)) if worse(p, l) => Some((GuardEvent::Stop, l)),
            (_, Some(p)) => Some((GuardEvent::Liquidation, p)),
            (Some(l), None) => Some((GuardEvent::Stop, l)),
            (None, None) => None,
        };
        if let Some((event, level)) = nearest
            && worse(bar.open, level)
            && (!entry || event == GuardEvent::Liquidation)
        {
            return hit(event, level, bar.open);
        }
        let target = self.target(entry);
        if let Some(target) = target
            && !entry
            && worse(target, bar.open)
        {
            return hit(GuardEvent::Target, target, bar.open);
        }
        if let Some((event, level)) = nearest
            && worse(extreme, level)
        {
            // On the entry bar a stop narrower than the slippage lies beyond the open: it cannot fill there.
            return hit(event, level, if worse(bar.open, level) { bar.open } else { level });
        }
        match target {
            Some(target) if worse(target, best) => hit(GuardEvent::Target, target, target),
            _ => None,
        }
    }
}

/// The stop that is hit first: the higher for a long, the lower for a short.
fn tighter(long: bool, a: Option<f64>, b: Option<f64>) -> Option<f64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(if (a > b) == long { a } else { b }),
        (a, b) => a.or(b),
    }
}
