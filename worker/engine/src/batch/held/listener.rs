//! Who hears of the fills of an account and sets what guards its positions.

use crate::orders::Distances;
use crate::stops::Levels;

/// Hears of each fill, and says what guards a position beside the stop genes.
pub(in crate::batch) trait Listener {
    /// Whether positions may be guarded by more than stop genes.
    const GUARDS: bool;

    /// A position was opened at a price.
    fn opened(&mut self, row: usize, long: bool, price: f64) -> (Distances, Levels);

    /// It was closed.
    fn closed(&mut self, row: usize, pnl: f64);

    /// It was closed inside a bar.
    fn stopped(&mut self, sign: i8);
}

/// Nobody hears.
pub(in crate::batch) struct Nobody;

impl Listener for Nobody {
    const GUARDS: bool = false;

    #[inline(always)]
    fn opened(&mut self, _row: usize, _long: bool, _price: f64) -> (Distances, Levels) {
        (Distances::default(), Levels::default())
    }

    #[inline(always)]
    fn closed(&mut self, _row: usize, _pnl: f64) {}

    #[inline(always)]
    fn stopped(&mut self, _sign: i8) {}
}
