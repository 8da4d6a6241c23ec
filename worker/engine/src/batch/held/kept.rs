//! The returns of an account, kept until their mean is known: skew and kurtosis are about it. A round trip is one entry,
//! and rows without a position none, so that an account need not be followed twice.

use super::{HeldAccount, Tables};
use crate::batch::BLOCK;
use std::num::NonZeroU32;

/// What an account keeps.
#[derive(Clone, Debug, Default)]
pub(in crate::batch) struct KeptReturns {
    stretches: Vec<Stretch>,
    /// k and q of stretches whose returns are those of k + q x.
    ratios: Vec<(f64, f64)>,
}

/// The returns of the rows `from..to`: mostly those of a round trip.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    from: u32,
    to: u32,
    /// Between the first row and the last: that of the closes, or the number of a ratio.
    between: Option<NonZeroU32>,
    /// Of the first row and of the last; NaN where they have none of their own, as an account whose return is NaN is lost.
    first: f64,
    last: f64,
}

/// Vectors grow by one in so many: twice as much would be ready for nothing, beside so many accounts.
const GROWTH: usize = 4;

fn make_room<T>(of: &mut Vec<T>) {
    if of.len() == of.capacity() {
        of.reserve_exact((of.len() / GROWTH).max(64));
    }
}

/// Where an account has come to in what it keeps.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::batch) struct Place(usize);

impl KeptReturns {
    /// The memory that it takes, with what is ready for more.
    pub(in crate::batch) fn bytes(&self) -> usize {
        (self.stretches.len() * size_of::<Stretch>() + self.ratios.len() * size_of::<(f64, f64)>())
            * (GROWTH + 1)
            / GROWTH
    }

    /// Keeps a row's own return.
    #[inline(always)]
    fn keep(&mut self, row: u32, r: f64) {
        match self.stretches.last_mut() {
            Some(stretch) if stretch.to == row && stretch.last.is_nan() => {
                (stretch.to, stretch.last) = (row + 1, r);
            }
            _ => self.push(Stretch { from: row, to: row + 1, between: None, first: r, last: f64::NAN }),
        }
    }

    /// Keeps the returns of rows with an unchanged position: those of k + q x, or of the closes.
    #[inline(always)]
    fn keep_held(&mut self, from: u32, to: u32, ratio: Option<(f64, f64)>) {
        let (number, known) = (NonZeroU32::new(self.ratios.len() as u32), self.ratios.last().copied());
        let between = match ratio {
            None => None,
            Some(_) if ratio == known => number,
            Some(ratio) => {
                make_room(&mut self.ratios);
                self.ratios.push(ratio);
                NonZeroU32::new(self.ratios.len() as u32)
            }
        };
        if let Some(stretch) = self.stretches.last_mut()
            && (stretch.to, stretch.last.is_nan()) == (from, true)
            && (stretch.between == between || stretch.to - stretch.from == 1 && !stretch.first.is_nan())
        {
            (stretch.to, stretch.between) = (to, between);
        } else {
            self.push(Stretch { from, to, between, first: f64::NAN, last: f64::NAN });
        }
    }

    /// Not in the loops over rows: it makes room.
    #[inline(never)]
    fn push(&mut self, stretch: Stretch) {
        make_room(&mut self.stretches);
        self.stretches.push(stretch);
    }

    /// Writes the returns of the rows from `from` on, no more than a block, of which the market's are known. Blocks follow
    /// each other, `place` is where the one before has ended.
    #[inline(always)]
    pub(in crate::batch) fn write(
        &self,
        place: &mut Place,
        from: usize,
        market: &[f64],
        tables: &Tables,
        out: &mut [f64; BLOCK],
    ) {
        out.fill(0.0);
        let end = from + market.len();
        for stretch in &self.stretches[place.0..] {
            let (first, to) = (stretch.from as usize, stretch.to as usize);
            if first >= end {
                return;
            }
            let (begin, last) = (if first > from { first } else { from }, if to < end { to } else { end });
            if begin < last {
                let rows = begin - from..last - from;
                match stretch.between.and_then(|number| self.ratios.get(number.get() as usize - 1)) {
                    None => out[rows.clone()].copy_from_slice(&market[rows]),
                    Some(&(k, q)) => {
                        let x = &tables.index(q < 0.0)[begin - 1..last];
                        for ((r, &c), &c1) in out[rows].iter_mut().zip(&x[1..]).zip(x) {
                            *r = (k + q * c) / (k + q * c1) - 1.0;
                        }
                    }
                }
                if begin == first && !stretch.first.is_nan() {
                    out[begin - from] = stretch.first;
                }
                if last == to && !stretch.last.is_nan() {
                    out[last - 1 - from] = stretch.last;
                }
            }
            if to > end {
                return;
            }
            place.0 += 1;
        }
    }
}

impl HeldAccount {
    /// Keeps returns from now on.
    pub(in crate::batch) fn keep_returns(&mut self) {
        self.kept = Some(Box::default());
    }

    /// Keeps the return of a row.
    #[inline(always)]
    pub(super) fn keep_return(&mut self, row: usize, r: f64) {
        if let Some(kept) = &mut self.kept
            && r != 0.0
        {
            kept.keep(row as u32, r);
        }
    }

    /// Keeps the returns of rows with an unchanged position.
    #[inline(always)]
    pub(super) fn keep_held(&mut self, from: usize, to: usize, is_market: bool) {
        let ratio = (!is_market).then_some((self.k, self.q));
        if let Some(kept) = &mut self.kept {
            kept.keep_held(from as u32, to as u32, ratio);
        }
    }
}
