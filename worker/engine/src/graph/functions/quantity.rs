//! Kleene's or and and of windows of conditions, 64 rows a step: bits are joined with those before them, in distances
//! that double.

use crate::graph::column::{Column, Rows, Stream, span};

/// Whether any bit of the last n rows is set.
struct Any {
    n: usize,
    /// The rows before the block, as many words as a window reaches back.
    before: Vec<u64>,
    /// These and the block, and what becomes of them.
    rows: Vec<u64>,
    joined: Vec<u64>,
}

impl Any {
    fn new(n: usize) -> Any {
        Any { n, before: vec![0; (n - 1).div_ceil(64)], rows: Vec::new(), joined: Vec::new() }
    }

    /// Takes the next `len` rows; bits behind them are 0.
    fn fill(&mut self, len: usize, words: impl Iterator<Item = u64>) -> &[u64] {
        self.rows.clear();
        self.rows.extend_from_slice(&self.before);
        self.rows.extend(words);
        self.joined.clone_from(&self.rows);
        let mut width = 1;
        while width < self.n {
            let more = if self.n - width < width { self.n - width } else { width };
            later(&mut self.joined, more);
            width += more;
        }
        for (i, word) in self.before.iter_mut().enumerate() {
            let (at, bit) = (i + len / 64, len % 64);
            let next = self.rows.get(at + 1).copied().unwrap_or(0);
            *word = self.rows[at] >> bit | if bit == 0 { 0 } else { next << (64 - bit) };
        }
        &self.joined[self.before.len()..]
    }
}

/// Joins each bit with the one so many rows before it.
fn later(words: &mut [u64], rows: usize) {
    let (whole, bits) = (rows / 64, rows % 64);
    for w in (whole..words.len()).rev() {
        let below = if bits == 0 || w == whole { 0 } else { words[w - whole - 1] >> (64 - bits) };
        words[w] |= words[w - whole] << bits | below;
    }
}

/// Whether a condition holds in any or all rows of a window; na where that is not known.
pub(super) struct Quantity {
    any: bool,
    n: usize,
    /// What decides alone, and what is na.
    decides: Any,
    unknown: Any,
}

impl Quantity {
    pub fn new(any: bool, n: usize) -> Quantity {
        Quantity { any, n, decides: Any::new(n), unknown: Any::new(n) }
    }
}

impl Stream for Quantity {
    fn fill(&mut self, rows: &Rows<'_>, out: &mut Column) {
        let (b, any, len) = (rows.column(0), self.any, rows.len);
        let both = || b.truth.iter().zip(&b.known);
        let decides =
            self.decides.fill(len, both().map(|(truth, known)| if any { *truth } else { known & !truth }));
        let unknown =
            self.unknown.fill(len, b.known.iter().enumerate().map(|(w, known)| !known & span(0, len, w)));
        // A window that reaches before row 0 is na.
        let lead = rows.lead(self.n - 1);
        out.set_words(len, |w| {
            let truth = if any { decides[w] } else { !decides[w] };
            (truth, (decides[w] | !unknown[w]) & span(lead, len, w))
        });
    }
}
