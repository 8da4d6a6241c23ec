//! Series in 32 bits: comparisons of a block of rows that take twice as many at once and read half as much.
//!
//! What is rounded is the distance from a base of the block, near which prices stay: 32 bits tell more of a distance than
//! of a price. Each comparison looks how far the two are from each other. Where they are nearer in some row than what rounding
//! to 32 bits may hide ([`Beside::doubt`]), the block is compared in 64 bits instead, so no bit of a result depends on it.
//! Measured with AVX-512 on a year of minutes, 1,000 individuals: comparisons went from 40 % of an evaluation to 20 % of one that takes
//! half as long.
//!
//! The rows of a group of 64 are laid out so that signs which are packed to bytes, 16 bytes at a time from four registers,
//! come out in their order ([`place`]).

use super::BLOCK;
use super::kernels::{Isa, Rows};
use super::key::Key;

/// A block of rows of one series, rounded, in the order of [`place`].
#[derive(Clone, Debug)]
#[repr(C, align(64))]
pub(crate) struct Singles {
    /// What the rows are distances from.
    base: f64,
    /// The largest of them, without its sign.
    largest: f32,
    pub(super) rows: Line,
}

/// Rows that begin at a line of the cache.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub(super) struct Line(pub [f32; BLOCK]);

impl std::ops::Deref for Line {
    type Target = [f32; BLOCK];

    #[inline(always)]
    fn deref(&self) -> &[f32; BLOCK] {
        &self.0
    }
}

/// How the distances of two series, or of one and a level, stand to each other: a is above b times a factor where its
/// distance is above that of b times the factor + a shift.
#[cfg_attr(not(target_arch = "x86_64"), allow(dead_code, reason = "read where instructions compare 32 bits"))]
#[derive(Clone, Copy)]
pub(crate) struct Beside {
    pub factor: f32,
    pub shift: f32,
    /// How near two numbers of 32 bits may be while those that they were rounded from are in another order.
    pub doubt: f32,
}

/// The place of a row: groups of four rows that follow each other are sixteen places apart.
#[inline(always)]
pub(super) const fn place(row: usize) -> usize {
    row / 64 * 64 + row % 16 / 4 * 16 + row % 64 / 16 * 4 + row % 4
}

impl Beside {
    /// A series and another one times a factor.
    #[inline(always)]
    pub(crate) fn series(a: &Singles, b: &Singles, factor: f64) -> Beside {
        let product = b.base * factor;
        let (shift, factor) = ((product - a.base) as f32, factor as f32);
        let distances = a.largest + b.largest * factor.abs() + shift.abs();
        // What underflows in the one is multiplied by the other.
        let underflow = 1.0 + factor.abs() + b.largest;
        Beside { factor, shift, doubt: doubt(distances, a.base.abs() + product.abs(), underflow) }
    }

    /// A series and a level.
    #[inline(always)]
    pub(crate) fn level(a: &Singles, level: f64) -> Beside {
        let shift = (level - a.base) as f32;
        let doubt = doubt(a.largest + shift.abs(), a.base.abs() + level.abs(), 1.0);
        Beside { factor: 0.0, shift, doubt }
    }
}

/// Distances, the factor and the shift are each within 2^-24 of their numbers, the product and the sum within as much of
/// theirs: four times that of b, twice that of the shift, once that of a, of which this is eight times. The bases, and the
/// products that 64 bits compare, are rounded by at most 2^-52 of them. What is too small for 2^-24 of it loses 2^-150 at most, `underflow` times
/// over.
#[inline(always)]
fn doubt(distances: f32, bases: f64, underflow: f32) -> f32 {
    distances * (4.0 * f32::EPSILON) + (bases * (16.0 * f64::EPSILON)) as f32 + f32::MIN_POSITIVE * underflow
}

/// Whether a series is rounded: one whose numbers are never NaN, which is neither above nor below anything, and that several
/// individuals share. Of those with two periods each has its own, and rounding it takes as long as it saves.
pub(super) fn is_rounded(key: Key) -> bool {
    match key {
        Key::Close | Key::CloseBefore(_) | Key::CloseTimes(_) | Key::Sum(..) | Key::SumE6(_) => true,
        Key::Ema(_) | Key::Rsi(_) | Key::Top(_) | Key::Bottom(_) | Key::Regression(..) => true,
        Key::Mid2(_) | Key::Z(_) | Key::Volume20 | Key::Volume20Before => true,
        Key::PercentK(_) | Key::PercentD(..) | Key::CloudFast(..) | Key::CloudSlow(..) => false,
        Key::VwapZ(_) | Key::Deviation(_) | Key::Score(_) | Key::Prediction(_) | Key::Quantile(..) => false,
    }
}

impl Singles {
    /// Whether all numbers that they were rounded from are known to be above 0. It may say no where they are: of distances
    /// that 32 bits have few digits of, it knows nothing.
    #[inline]
    pub(crate) fn are_above_zero(&self) -> bool {
        self.base >= f64::from(f32::MIN_POSITIVE) && f64::from(self.largest) < 0.999 * self.base
    }

    pub(crate) const ZERO: Singles = Singles { base: 0.0, largest: 0.0, rows: Line([0.0; BLOCK]) };

    /// Takes a block. All its places are filled, what lies behind its last row as well.
    #[inline(always)]
    pub(super) fn fill<I: Isa>(&mut self, isa: I, rows: &Rows) {
        let middle = rows[BLOCK / 2];
        self.base = if middle.is_finite() { middle } else { 0.0 };
        self.largest = isa.singles(rows, self.base, &mut self.rows.0);
    }
}

const _: () = assert!(BLOCK.is_multiple_of(64) && place(16) == 4 && place(4) == 16 && place(67) == 67);
