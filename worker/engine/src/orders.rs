//! From signals to the target an account should have, close by close: side, rounding, re-arming (X13, X14, X24).

use crate::execution::{Execution, Side};
use crate::signals::Signals;

/// Which target is wanted after each close, given what was stopped out.
#[derive(Debug)]
pub(crate) struct Targets<'a> {
    signals: &'a Signals,
    side: Side,
    steps: f64,
    /// Sign that may not be entered, after a stop, target or liquidation of that side; 0 = none.
    blocked: i8,
    sized: SizedLatch,
}

/// Distances of the stops of a sized entry from its fill price, in price units.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Distances {
    /// Distance of the fixed stop, in price units; `None`: off.
    pub stop: Option<f64>,
    /// Distance of the trailing stop, in price units; `None`: off.
    pub trail: Option<f64>,
}

impl<'a> Targets<'a> {
    pub fn new(signals: &'a Signals, exec: &Execution) -> Targets<'a> {
        Targets {
            signals,
            side: exec.side,
            steps: f64::from(exec.exposure_steps),
            blocked: 0,
            sized: SizedLatch::default(),
        }
    }

    /// The target wanted after the close of row `t`: 0 while its side is blocked.
    pub fn decide(&mut self, t: usize) -> f64 {
        let wanted = match self.signals {
            Signals::Positions(p) => self.side.keep(f64::from(p[t].signum())),
            Signals::Exposure(w) => round(self.side.keep(w[t]), self.steps),
            Signals::Sized(s) => {
                let entry = || (s.size[t], Distances::of(s.stop, s.trail, s.atr[t]));
                return self.side.keep(self.sized.decide(s.enter_long[t], s.enter_short[t], entry));
            }
            // They are asked themselves.
            Signals::Rules(_) => 0.0,
        };
        if sign(wanted) != self.blocked {
            self.blocked = 0;
        }
        if self.blocked == 0 { wanted } else { 0.0 }
    }

    /// The first row of `from..to` at which [`Targets::decide`] would say another target than `acted`, or would change
    /// what it remembers; `to`: there is none.
    pub fn quiet_until(&self, from: usize, to: usize, acted: f64) -> usize {
        let first = |matters: &dyn Fn(usize) -> bool| (from..to).find(|&t| matters(t)).unwrap_or(to);
        let differs = |wanted: f64| match self.blocked {
            0 => wanted != acted,
            blocked => sign(wanted) != blocked,
        };
        match self.signals {
            Signals::Positions(p) => first(&|t| differs(self.side.keep(f64::from(p[t].signum())))),
            Signals::Exposure(w) => first(&|t| differs(round(self.side.keep(w[t]), self.steps))),
            Signals::Sized(s) => first(&|t| {
                self.sized.matters(u64::from(s.enter_long[t]), u64::from(s.enter_short[t])) & 1 == 1
            }),
            Signals::Rules(_) => from,
        }
    }

    /// Stop distances of the entry last decided.
    pub fn distances(&self) -> Distances {
        self.sized.distances
    }

    /// A stop, target or liquidation closed a position of this sign.
    pub fn block(&mut self, sign: i8) {
        self.blocked = sign;
        self.sized.block(sign);
    }
}

/// The latch of sized entries, which have no exits of their own: a side that was stopped is armed again at the first close at
/// which its condition is false (X13).
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SizedLatch {
    latched: i8,
    /// Sign that may not be entered, and whether its condition has been false since.
    blocked: i8,
    rearmed: bool,
    /// Values of the entry.
    size: f64,
    distances: Distances,
}

impl SizedLatch {
    /// The target wanted after a close with these entry conditions; `entry`: the size and distances of one decided here.
    #[inline(always)]
    pub fn decide(&mut self, long: bool, short: bool, entry: impl FnOnce() -> (f64, Distances)) -> f64 {
        if (self.blocked > 0 && !long) || (self.blocked < 0 && !short) {
            self.rearmed = true;
        }
        let side = i8::from(long) - i8::from(short);
        if side != 0 && self.enters(side) {
            self.latched = side;
            self.blocked = 0;
            self.rearmed = false;
            (self.size, self.distances) = entry();
        }
        if self.blocked == 0 { f64::from(self.latched) * self.size } else { 0.0 }
    }

    /// Whether the entry condition of a side is a new signal.
    #[inline(always)]
    fn enters(&self, side: i8) -> bool {
        side != self.latched || (side == self.blocked && self.rearmed)
    }

    /// The closes, one bit each, at which [`SizedLatch::decide`] would say something new or change what it remembers; the
    /// entry conditions as bits.
    #[inline(always)]
    pub fn matters(&self, long: u64, short: u64) -> u64 {
        let if_so = |so: bool, rows: u64| if so { rows } else { 0 };
        let rearms = match self.blocked {
            _ if self.rearmed => 0,
            0 => 0,
            side => !if side > 0 { long } else { short },
        };
        rearms | if_so(self.enters(1), long & !short) | if_so(self.enters(-1), short & !long)
    }

    /// Stop distances of the entry last decided.
    pub fn distances(&self) -> Distances {
        self.distances
    }

    /// A stop, target or liquidation closed a position of this sign.
    pub fn block(&mut self, sign: i8) {
        self.blocked = sign;
        self.rearmed = false;
    }
}

impl Distances {
    /// Of stops at these multiples of an average true range; no multiple above 0 of the trailing one: off.
    #[inline(always)]
    pub fn of(stop: f64, trail: f64, atr: f64) -> Distances {
        Distances { stop: Some(stop * atr), trail: (trail > 0.0).then_some(trail * atr) }
    }
}

impl Side {
    /// The target this side takes instead of `target` (X24).
    #[inline(always)]
    pub fn keep(self, target: f64) -> f64 {
        match self {
            Side::Long if target < 0.0 => 0.0,
            Side::Short if target > 0.0 => 0.0,
            Side::Long | Side::Short | Side::LongShort => target,
        }
    }
}

/// A target rounded to multiples of 1/`steps`, half away from zero (X14). Not a number becomes 0.
#[inline(always)]
pub fn round(target: f64, steps: f64) -> f64 {
    let rounded = (target.abs() * steps + 0.5).floor() / steps;
    if target > 0.0 {
        rounded
    } else if target < 0.0 && rounded > 0.0 {
        -rounded
    } else {
        0.0
    }
}

/// -1, 0 or +1.
pub(crate) fn sign(x: f64) -> i8 {
    i8::from(x > 0.0) - i8::from(x < 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    // Contract X14.
    #[test]
    fn targets_are_rounded_to_steps_half_away_from_zero() {
        let rounded: Vec<f64> =
            [0.124, 0.125, -0.125, 0.374, 0.375, 1.0, -1.0, 0.0, f64::NAN].map(|w| round(w, 4.0)).into();
        assert_eq!(rounded, [0.0, 0.25, -0.25, 0.25, 0.5, 1.0, -1.0, 0.0, 0.0]);
    }

    #[test]
    fn a_side_takes_only_its_targets() {
        assert_eq!([-1.0, 0.0, 1.0].map(|w| Side::Long.keep(w)), [0.0, 0.0, 1.0]);
        assert_eq!([-1.0, 0.0, 1.0].map(|w| Side::Short.keep(w)), [-1.0, 0.0, 0.0]);
        assert_eq!([-1.0, 0.0, 1.0].map(|w| Side::LongShort.keep(w)), [-1.0, 0.0, 1.0]);
    }
}
