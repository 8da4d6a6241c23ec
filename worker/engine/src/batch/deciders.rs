//! Who decides for accounts of a batch close by close, and which closes it need not be asked for.

use super::held::{Decides, Listener, Look};
use crate::orders::{Distances, Targets};
use crate::rules::{Ahead, Known, RulesAccount};
use crate::stops::Levels;

impl Listener for &mut Targets<'_> {
    const GUARDS: bool = true;

    fn opened(&mut self, _row: usize, _long: bool, _price: f64) -> (Distances, Levels) {
        (self.distances(), Levels::default())
    }

    fn closed(&mut self, _row: usize, _pnl: f64) {}

    fn stopped(&mut self, sign: i8) {
        self.block(sign);
    }
}

impl Decides for &mut Targets<'_> {
    const LOOKS_FAR: bool = true;

    fn decide(&mut self, row: usize) -> (f64, Option<Levels>) {
        (Targets::decide(self, row), None)
    }

    fn follow(&mut self, _row: usize) {}

    fn flat_until(&self, from: usize, to: usize, acted: f64) -> usize {
        self.quiet_until(from, to, acted)
    }

    fn look(&self, from: usize, to: usize, acted: f64, _ahead: &mut Ahead) -> Look {
        Look::Until(self.quiet_until(from, to, acted))
    }

    fn advance(&mut self, _ahead: &Ahead, _followed: usize, _decided: usize) -> Option<Levels> {
        None
    }
}

/// Rules beside an account, and the block of rows that is known.
pub(super) struct Ruled<'m, 'a> {
    pub rules: &'m mut RulesAccount<'a>,
    pub known: Known<'m>,
}

impl Listener for Ruled<'_, '_> {
    const GUARDS: bool = true;

    fn opened(&mut self, row: usize, long: bool, price: f64) -> (Distances, Levels) {
        (Distances::default(), self.rules.opened(row, long, price))
    }

    fn closed(&mut self, row: usize, pnl: f64) {
        self.rules.closed(row, pnl);
    }

    fn stopped(&mut self, sign: i8) {
        self.rules.stopped(sign > 0);
    }
}

impl Decides for Ruled<'_, '_> {
    const LOOKS_FAR: bool = false;

    fn decide(&mut self, row: usize) -> (f64, Option<Levels>) {
        self.rules.decide(self.known, row)
    }

    fn follow(&mut self, row: usize) {
        self.rules.follow(row);
    }

    fn flat_until(&self, from: usize, to: usize, _acted: f64) -> usize {
        self.rules.flat_until(self.known, from, to)
    }

    fn look(&self, from: usize, to: usize, _acted: f64, ahead: &mut Ahead) -> Look {
        if self.rules.look_ahead(self.known, from, to - from, ahead) { Look::Ahead } else { Look::Never }
    }

    fn advance(&mut self, ahead: &Ahead, followed: usize, decided: usize) -> Option<Levels> {
        Some(self.rules.advance(ahead, followed, decided))
    }
}
