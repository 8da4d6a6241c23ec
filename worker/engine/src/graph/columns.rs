//! Whole columns of the slots of a plan.

use super::blocks::Blocks;
use super::column::{Kind, bit, words};
use super::plan::{Plan, Slot};
use super::{Market, ROWS};
use crate::interrupt::Interrupt;

/// All wanted slots over all rows.
#[derive(Clone, Debug)]
pub struct Columns {
    rows: usize,
    columns: Vec<Kept>,
    none: Conditions,
}

#[derive(Clone, Debug)]
enum Kept {
    Numbers(Vec<f64>),
    Conditions(Conditions),
}

/// Three-valued conditions, 64 rows a word.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Conditions {
    truth: Vec<u64>,
    known: Vec<u64>,
    rows: usize,
}

impl Conditions {
    /// The condition of row `t`; nothing if it is na.
    #[inline]
    pub fn truth(&self, t: usize) -> Option<bool> {
        (t < self.rows && bit(&self.known, t)).then(|| bit(&self.truth, t))
    }

    /// Whether the condition of row `t` is met: na is not.
    #[inline]
    pub fn is_met(&self, t: usize) -> bool {
        t < self.rows && bit(&self.truth, t)
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Which rows are true, and which are known; none is true that is not known.
    pub fn planes(&self) -> (&[u64], &[u64]) {
        (&self.truth, &self.known)
    }

    fn extend(&mut self, (truth, known): (&[u64], &[u64]), rows: usize) {
        append(&mut self.truth, self.rows, truth, rows);
        append(&mut self.known, self.rows, known, rows);
        self.rows += rows;
    }
}

/// Appends `more` bits to the first `len`. Bits beyond the end are 0.
fn append(bits: &mut Vec<u64>, len: usize, from: &[u64], more: usize) {
    let shift = len % 64;
    for (w, &word) in from.iter().enumerate().take(words(more)) {
        if shift == 0 {
            bits.push(word);
        } else {
            bits.iter_mut().last().into_iter().for_each(|last| *last |= word << shift);
            if more - w * 64 > 64 - shift {
                bits.push(word >> (64 - shift));
            }
        }
    }
}

impl Columns {
    /// Computes the slots of `plan` over `market`. Once `interrupt` has risen the rest is na.
    pub fn compute(plan: &Plan, market: &Market<'_>, interrupt: Interrupt<'_>) -> Columns {
        Columns::compute_by(plan, market, interrupt, ROWS)
    }

    /// The same in blocks of so many rows, which changes nothing.
    pub fn compute_by(plan: &Plan, market: &Market<'_>, interrupt: Interrupt<'_>, block: usize) -> Columns {
        let rows = market.bars.len();
        let kept = plan.wanted.iter().map(|wanted| match wanted.kind {
            Kind::Conditions => Kept::Conditions(Conditions::default()),
            _ => Kept::Numbers(Vec::with_capacity(rows)),
        });
        let mut columns: Vec<Kept> = kept.collect();
        let mut blocks = Blocks::new(plan, market);
        let block = if block > 0 { block } else { 1 };
        let mut from = 0;
        while from < rows && !interrupt.is_asked() {
            let to = if rows - from > block { from + block } else { rows };
            blocks.fill(from, to);
            for (i, kept) in columns.iter_mut().enumerate() {
                match kept {
                    Kept::Numbers(all) => all.extend_from_slice(&blocks.numbers(Slot(i))[..to - from]),
                    Kept::Conditions(all) => all.extend(blocks.conditions(Slot(i)), to - from),
                }
            }
            from = to;
        }
        for kept in &mut columns {
            match kept {
                Kept::Numbers(all) => all.resize(rows, f64::NAN),
                Kept::Conditions(all) => {
                    all.truth.resize(words(rows), 0);
                    all.known.resize(words(rows), 0);
                    all.rows = rows;
                }
            }
        }
        Columns { rows, columns, none: Conditions::default() }
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// The numbers of a slot: held in ticks, or plain if it was added so; NaN is na. Empty if it holds conditions.
    pub fn numbers(&self, slot: Slot) -> &[f64] {
        match self.columns.get(slot.0) {
            Some(Kept::Numbers(all)) => all,
            _ => &[],
        }
    }

    /// The conditions of a slot. Empty if it holds numbers.
    pub fn conditions(&self, slot: Slot) -> &Conditions {
        match self.columns.get(slot.0) {
            Some(Kept::Conditions(all)) => all,
            _ => &self.none,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Conditions;

    #[test]
    fn blocks_of_any_length_give_the_same_bits() {
        let truth = |t: usize| (t * 7 + t / 11).is_multiple_of(3);
        for length in [1_usize, 3, 7, 63, 64, 65, 100, 128, 300] {
            let mut all = Conditions::default();
            let mut from = 0;
            while from < 300 {
                let rows = if 300 - from < length { 300 - from } else { length };
                let mut words = vec![0_u64; rows.div_ceil(64)];
                (0..rows).for_each(|i| words[i / 64] |= u64::from(truth(from + i)) << (i % 64));
                let mut known = vec![0_u64; rows.div_ceil(64)];
                (0..rows).for_each(|i| known[i / 64] |= 1 << (i % 64));
                all.extend((&words, &known), rows);
                from += rows;
            }
            assert_eq!(all.len(), 300);
            assert_eq!(all.planes().0.len(), 5);
            assert!((0..300).all(|t| all.truth(t) == Some(truth(t))), "{length}");
            assert_eq!(all.truth(300), None);
        }
    }
}
