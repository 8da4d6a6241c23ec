//! How many conditions of a window are true, and what has happened since one last was.

use super::history::{History, codes};
use crate::graph::column::{Column, Rows, Stream, bit};

/// Counts of a window of conditions.
struct Counts {
    n: usize,
    history: History<u8>,
    /// How many are true, and how many known.
    truth: usize,
    known: usize,
    /// Those of each row of the block.
    rows: Vec<(usize, usize)>,
}

impl Counts {
    fn new(n: usize) -> Counts {
        Counts { n, history: History::new(n, 0), truth: 0, known: 0, rows: Vec::new() }
    }

    /// Counts the windows that end at the rows of the block.
    fn take(&mut self, rows: &Rows<'_>) {
        let codes = codes(rows.column(0), rows.len);
        let old = self.history.push(&codes);
        self.rows.clear();
        for (new, old) in codes.iter().zip(old) {
            self.truth = self.truth + usize::from(new & 1) - usize::from(old & 1);
            self.known = self.known + usize::from(new >> 1) - usize::from(old >> 1);
            self.rows.push((self.truth, self.known));
        }
    }
}

/// How many of a window are true.
pub(super) struct Count(Counts);

impl Count {
    pub fn new(n: usize) -> Count {
        Count(Counts::new(n))
    }
}

impl Stream for Count {
    fn fill(&mut self, rows: &Rows<'_>, out: &mut Column) {
        self.0.take(rows);
        let n = self.0.n;
        for (out, &(truth, known)) in out.numbers_mut(rows.len).iter_mut().zip(&self.0.rows) {
            *out = if known == n { truth as f64 } else { f64::NAN };
        }
    }
}

/// Rows since a condition was last true.
#[derive(Default)]
pub(super) struct BarsSince {
    last: Option<usize>,
}

impl Stream for BarsSince {
    fn fill(&mut self, rows: &Rows<'_>, out: &mut Column) {
        let since = rows.column(0);
        for (i, out) in out.numbers_mut(rows.len).iter_mut().enumerate() {
            if bit(&since.truth, i) {
                self.last = Some(rows.from + i);
            }
            *out = self.last.map_or(f64::NAN, |last| (rows.from + i - last) as f64);
        }
    }
}

/// The number where a condition was last true.
pub(super) struct ValueWhen(f64);

impl Default for ValueWhen {
    fn default() -> ValueWhen {
        ValueWhen(f64::NAN)
    }
}

impl Stream for ValueWhen {
    fn fill(&mut self, rows: &Rows<'_>, out: &mut Column) {
        let (when, x) = (rows.column(0), rows.numbers(1));
        for (i, out) in out.numbers_mut(rows.len).iter_mut().enumerate() {
            if bit(&when.truth, i) {
                self.0 = x[i];
            }
            *out = self.0;
        }
    }
}

/// The largest or smallest number that there was since a condition was last true.
pub(super) struct ExtremeSince {
    highest: bool,
    begun: bool,
    extreme: f64,
}

impl ExtremeSince {
    pub fn new(highest: bool) -> ExtremeSince {
        ExtremeSince { highest, begun: false, extreme: f64::NAN }
    }
}

impl Stream for ExtremeSince {
    fn fill(&mut self, rows: &Rows<'_>, out: &mut Column) {
        let (since, x) = (rows.column(0), rows.numbers(1));
        for (i, out) in out.numbers_mut(rows.len).iter_mut().enumerate() {
            if bit(&since.truth, i) {
                (self.begun, self.extreme) = (true, f64::NAN);
            }
            let (x, old) = (x[i], self.extreme);
            let beats = old.is_nan() || if self.highest { x > old } else { x < old };
            if self.begun && beats && !x.is_nan() {
                self.extreme = x;
            }
            *out = self.extreme;
        }
    }
}
