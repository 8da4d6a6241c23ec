//! The returns of an account, kept until their mean is known: skew and kurtosis are about it. Rows between two fills are one
//! entry, and rows without a position none, so that an account need not be followed twice.

use super::{HeldAccount, Tables};
use crate::batch::BLOCK;

/// What an account keeps.
#[derive(Clone, Debug, Default)]
pub(in crate::batch) struct KeptReturns {
    stretches: Vec<Stretch>,
}

/// The returns of the rows `from..to`.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    from: usize,
    to: usize,
    returns: Returns,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Returns {
    /// The same in each row.
    All(f64),
    /// Those of the closes.
    Market,
    /// Those of k + q x.
    Ratios { k: f64, q: f64 },
}

/// Where an account has come to in what it keeps.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::batch) struct Place(usize);

impl KeptReturns {
    /// The memory that it takes.
    pub(in crate::batch) fn bytes(&self) -> usize {
        self.stretches.capacity() * size_of::<Stretch>()
    }

    #[inline(always)]
    fn keep(&mut self, from: usize, to: usize, returns: Returns) {
        if let Some(last) = self.stretches.last_mut()
            && last.to == from
            && last.returns == returns
        {
            last.to = to;
        } else {
            self.stretches.push(Stretch { from, to, returns });
        }
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
            let Stretch { from: first, to, returns } = *stretch;
            if first >= end {
                return;
            }
            let (first, last) = (if first > from { first } else { from }, if to < end { to } else { end });
            if first < last {
                let out = &mut out[first - from..last - from];
                match returns {
                    Returns::All(r) => out.fill(r),
                    Returns::Market => out.copy_from_slice(&market[first - from..last - from]),
                    Returns::Ratios { k, q } => {
                        let x = &tables.index(q < 0.0)[first - 1..last];
                        for ((r, &c), &c1) in out.iter_mut().zip(&x[1..]).zip(x) {
                            *r = (k + q * c) / (k + q * c1) - 1.0;
                        }
                    }
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
            kept.keep(row, row + 1, Returns::All(r));
        }
    }

    /// Keeps the returns of rows with an unchanged position.
    #[inline(always)]
    pub(super) fn keep_held(&mut self, from: usize, to: usize, is_market: bool) {
        let (k, q) = (self.k, self.q);
        if let Some(kept) = &mut self.kept {
            kept.keep(from, to, if is_market { Returns::Market } else { Returns::Ratios { k, q } });
        }
    }
}
