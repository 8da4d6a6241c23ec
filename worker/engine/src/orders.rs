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
    /// Sized only: latched side, whether the blocked side's condition has been false since, and the entry's values.
    latched: i8,
    rearmed: bool,
    size: f64,
    distances: Distances,
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
            latched: 0,
            rearmed: false,
            size: 0.0,
            distances: Distances::default(),
        }
    }

    /// The target wanted after the close of row `t`: 0 while its side is blocked.
    pub fn decide(&mut self, t: usize) -> f64 {
        let wanted = match self.signals {
            Signals::Positions(p) => self.side.keep(f64::from(p[t].signum())),
            Signals::Exposure(w) => round(self.side.keep(w[t]), self.steps),
            Signals::Sized(_) => return self.decide_sized(t),
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
                let (long, short) = (s.enter_long[t], s.enter_short[t]);
                let rearms = !self.rearmed && ((self.blocked > 0 && !long) || (self.blocked < 0 && !short));
                let entry = i8::from(long) - i8::from(short);
                let enters = entry != self.latched || (entry == self.blocked && self.rearmed);
                rearms || (entry != 0 && enters)
            }),
            Signals::Rules(_) => from,
        }
    }

    fn decide_sized(&mut self, t: usize) -> f64 {
        let Signals::Sized(s) = self.signals else { return 0.0 };
        let (long, short) = (s.enter_long[t], s.enter_short[t]);
        if (self.blocked > 0 && !long) || (self.blocked < 0 && !short) {
            self.rearmed = true;
        }
        let entry = i8::from(long) - i8::from(short);
        if entry != 0 && (entry != self.latched || (entry == self.blocked && self.rearmed)) {
            self.latched = entry;
            self.blocked = 0;
            self.rearmed = false;
            self.size = s.size[t];
            self.distances = Distances {
                stop: Some(s.stop * s.atr[t]),
                trail: (s.trail > 0.0).then_some(s.trail * s.atr[t]),
            };
        }
        if self.blocked == 0 { self.side.keep(f64::from(self.latched) * self.size) } else { 0.0 }
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

impl Side {
    /// The target this side takes instead of `target` (X24).
    pub fn keep(self, target: f64) -> f64 {
        match self {
            Side::Long if target < 0.0 => 0.0,
            Side::Short if target > 0.0 => 0.0,
            Side::Long | Side::Short | Side::LongShort => target,
        }
    }
}

/// A target rounded to multiples of 1/`steps`, half away from zero (X14). Not a number becomes 0.
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
