//! Rows of blocks before.

use super::finite;
use crate::graph::column::{Column, Rows, Stream, Whole, bit, words};

/// The last rows of a column, whatever blocks they came in.
pub(super) struct History<T> {
    values: Vec<T>,
    keep: usize,
}

impl<T: Copy> History<T> {
    /// Keeps so many rows before a block; those before the first row are `none`.
    pub fn new(keep: usize, none: T) -> History<T> {
        History { values: vec![none; keep], keep }
    }

    /// Takes the next rows. Gives them with those before them.
    pub fn push(&mut self, block: &[T]) -> &[T] {
        // Moved to the front so seldom that it costs a constant a row.
        if self.values.len() + block.len() > 2 * self.keep + 2_048 {
            let cut = self.values.len() - self.keep;
            self.values.copy_within(cut.., 0);
            self.values.truncate(self.keep);
        }
        self.values.extend_from_slice(block);
        self.last(block.len())
    }

    /// The last `rows` rows with those before them.
    pub fn last(&self, rows: usize) -> &[T] {
        &self.values[self.values.len() - rows - self.keep..]
    }
}

/// `x[k]` of numbers.
pub(super) struct Delay {
    history: History<f64>,
}

impl Delay {
    pub fn new(k: usize) -> Delay {
        Delay { history: History::new(k, f64::NAN) }
    }
}

impl Stream for Delay {
    fn fill(&mut self, rows: &Rows<'_>, out: &mut Column) {
        let all = self.history.push(rows.numbers(0));
        out.numbers_mut(rows.len).copy_from_slice(&all[..rows.len]);
    }
}

/// `x[k]` of exact numbers.
pub(super) struct WholeDelay<T> {
    history: History<T>,
    k: usize,
}

impl<T: Whole> WholeDelay<T> {
    pub fn new(k: usize) -> WholeDelay<T> {
        WholeDelay { history: History::new(k, T::default()), k }
    }
}

impl<T: Whole> Stream for WholeDelay<T> {
    fn fill(&mut self, rows: &Rows<'_>, out: &mut Column) {
        let all = self.history.push(rows.whole::<T>(0));
        let column = T::of_mut(out);
        column.clear();
        column.extend_from_slice(&all[..rows.len]);
        out.start = rows.column(0).start.saturating_add(self.k);
    }
}

/// `b[k]` of conditions.
pub(super) fn condition_delay(k: usize) -> Box<dyn Stream> {
    if k < 64 {
        Box::new(ShortDelay { k, truth: 0, known: 0 })
    } else {
        Box::new(LongDelay { history: History::new(k, 0) })
    }
}

/// Conditions of fewer rows before than a word has bits. The last `k` rows before the block are the lowest bits.
struct ShortDelay {
    k: usize,
    truth: u64,
    known: u64,
}

impl ShortDelay {
    fn shift(&self, carry: &mut u64, words: &[u64], len: usize, out: &mut Vec<u64>) {
        let k = self.k;
        let above = |word: u64| if k == 0 { 0 } else { word >> (64 - k) };
        out.clear();
        let mut before = *carry;
        for (w, &word) in words.iter().enumerate() {
            let rest = len - w * 64;
            let own = if rest < 64 { (1 << rest) - 1 } else { u64::MAX };
            out.push((word << k | before) & own);
            before = above(word);
        }
        // The last k rows: of the rows that were carried in, followed by the block.
        let mask = (1 << k) - 1;
        let mut last = 0;
        for i in 0..k {
            let at = len + i;
            let is = if at < k { *carry >> at & 1 == 1 } else { bit(words, at - k) };
            last |= u64::from(is) << i;
        }
        *carry = last & mask;
    }
}

impl Stream for ShortDelay {
    fn fill(&mut self, rows: &Rows<'_>, out: &mut Column) {
        let input = rows.column(0);
        let (mut truth, mut known) = (self.truth, self.known);
        self.shift(&mut truth, &input.truth, rows.len, &mut out.truth);
        self.shift(&mut known, &input.known, rows.len, &mut out.known);
        (self.truth, self.known) = (truth, known);
    }
}

/// A condition that is true, beside the row before, in which it is not.
#[derive(Default)]
pub(super) struct Rising {
    /// The words before the block; their highest bit is the row before it.
    truth: u64,
    known: u64,
}

impl Stream for Rising {
    fn fill(&mut self, rows: &Rows<'_>, out: &mut Column) {
        let (input, count) = (rows.column(0), words(rows.len));
        let (truth, known) = (&input.truth[..count], &input.known[..count]);
        let before = |words: &[u64], first: u64, w: usize| {
            words[w] << 1 | w.checked_sub(1).map_or(first, |w| words[w]) >> 63
        };
        out.set_words(rows.len, |w| {
            let (was, was_known) = (before(truth, self.truth, w), before(known, self.known, w));
            let (x, is_known) = (truth[w], known[w]);
            // False beside na is false.
            (x & !was & was_known, is_known & was_known | is_known & !x | was_known & was)
        });
        let rest = rows.len % 64;
        if let (Some(last), true) = (out.known.last_mut(), rest > 0) {
            *last &= (1 << rest) - 1;
        }
        let Some(last) = rows.len.checked_sub(1) else { return };
        (self.truth, self.known) = (u64::from(bit(truth, last)) << 63, u64::from(bit(known, last)) << 63);
    }
}

/// Conditions of many rows before.
struct LongDelay {
    history: History<u8>,
}

impl Stream for LongDelay {
    fn fill(&mut self, rows: &Rows<'_>, out: &mut Column) {
        let codes = codes(rows.column(0), rows.len);
        let all = self.history.push(&codes);
        out.set_planes(rows.len, |i| (all[i] & 1 == 1, all[i] & 2 == 2));
    }
}

/// Conditions row by row: 1 is set where one is true, 2 where it is known.
pub(super) fn codes(column: &Column, len: usize) -> Vec<u8> {
    (0..len).map(|i| u8::from(bit(&column.truth, i)) | u8::from(bit(&column.known, i)) << 1).collect()
}

/// How many rows without na end at each row.
#[derive(Default)]
pub(super) struct Unbroken(usize);

impl Unbroken {
    /// Takes the next row.
    #[inline(always)]
    pub fn next(&mut self, x: f64) -> usize {
        self.0 = if finite(x).is_nan() { 0 } else { self.0 + 1 };
        self.0
    }

    /// Takes the next rows, if none of them is na, and says how many rows before them are not.
    #[inline(always)]
    pub fn all(&mut self, x: &[f64]) -> Option<usize> {
        let mut na = false;
        for &x in x {
            na |= finite(x).is_nan();
        }
        let before = self.0;
        if na {
            return None;
        }
        self.0 += x.len();
        Some(before)
    }
}

#[cfg(test)]
mod tests {
    use super::History;

    #[test]
    fn the_rows_before_a_block_are_those_of_the_blocks_before() {
        for keep in [0, 1, 5, 600] {
            for length in [1, 7, 512, 3_000] {
                let mut history = History::new(keep, -1);
                let mut next = 0;
                while next < 9_000 {
                    let block: Vec<i32> = (next..next + length).collect();
                    let all = history.push(&block).to_vec();
                    let first = next - i32::try_from(keep).unwrap();
                    let expected: Vec<i32> =
                        (first..next + length).map(|x| if x < 0 { -1 } else { x }).collect();
                    assert_eq!(all, expected);
                    next += length;
                }
            }
        }
    }
}
