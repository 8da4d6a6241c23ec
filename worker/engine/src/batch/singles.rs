//! Series in 32 bits: comparisons of a block of rows that take twice as many at once and read half as much.
//!
//! Each comparison looks how far the two are from each other. Where they are nearer in some row than what rounding
//! to 32 bits may hide ([`doubt`]), the block is compared in 64 bits instead, so no bit of a result depends on it.
//!
//! The rows of a group of 64 are laid out so that signs which are packed to bytes, 16 bytes at a time from four registers,
//! come out in their order ([`place`]).

use super::BLOCK;
use super::kernels::Isa;
use super::key::Key;
use super::series::Block;

/// A block of rows of one series, rounded, in the order of [`place`].
#[derive(Clone)]
#[repr(align(64))]
pub(super) struct Singles {
    pub(super) rows: [f32; BLOCK],
    /// The largest of them, without its sign.
    largest: f32,
}

/// The place of a row: groups of four rows that follow each other are sixteen places apart.
#[inline(always)]
pub(super) const fn place(row: usize) -> usize {
    row / 64 * 64 + row % 16 / 4 * 16 + row % 64 / 16 * 4 + row % 4
}

/// How near two numbers of 32 bits may be while those that they were rounded from are in another order. Each is within
/// 2^-24 of its number, so is the factor, and so is the product of its own.
#[inline(always)]
pub(super) fn doubt(a: &Singles, b: &Singles, factor: f32) -> f32 {
    (a.largest + b.largest * factor.abs()) * (4.0 * f32::EPSILON)
}

/// As [`doubt`], of a level.
#[inline(always)]
pub(super) fn level_doubt(a: &Singles, level: f32) -> f32 {
    (a.largest + level.abs()) * (4.0 * f32::EPSILON)
}

/// Whether the numbers of a series are never NaN, which is neither above nor below anything.
pub(super) fn is_number(key: Key) -> bool {
    match key {
        Key::Close | Key::CloseBefore(_) | Key::CloseTimes(_) | Key::Sum(..) | Key::SumE6(_) => true,
        Key::Ema(_) | Key::Rsi(_) | Key::Top(_) | Key::Bottom(_) | Key::Regression(..) => true,
        Key::PercentK(_) | Key::PercentD(..) | Key::Mid2(_) | Key::Z(_) => true,
        Key::CloudFast(..) | Key::CloudSlow(..) | Key::Volume20 | Key::Volume20Before => true,
        Key::VwapZ(_) | Key::Deviation(_) | Key::Score(_) | Key::Prediction(_) | Key::Quantile(..) => false,
    }
}

impl Singles {
    pub(super) const ZERO: Singles = Singles { rows: [0.0; BLOCK], largest: 0.0 };

    /// Takes a block. All its places are filled, what lies behind its last row as well.
    #[inline(always)]
    pub(super) fn fill<I: Isa>(&mut self, isa: I, block: &Block) {
        self.largest = isa.singles(&block.rows, &mut self.rows);
    }
}

const _: () = assert!(BLOCK % 64 == 0 && place(16) == 4 && place(4) == 16 && place(67) == 67);
