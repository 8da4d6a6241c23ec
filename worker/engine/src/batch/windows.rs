//! Extremes of sliding windows over a block: windows of powers of two are computed once, every other length is the
//! extreme of two of them.

/// Sliding extremes of one column: `HIGHEST` or lowest.
#[derive(Default)]
pub(super) struct Windows<const HIGHEST: bool> {
    /// Level k, entry i: extreme of the 2^k rows that end at row `start` + i.
    levels: Vec<Vec<f64>>,
    start: usize,
    /// The longest window asked for, and the most rows between its first row and the row that reads it.
    longest: usize,
    lead: usize,
}

impl<const HIGHEST: bool> Windows<HIGHEST> {
    /// Forgets what is asked for.
    pub(super) fn clear(&mut self) {
        (self.longest, self.lead) = (0, 0);
    }

    /// Windows of `n` rows that end `back` rows before the reading row will be asked for.
    pub(super) fn ask(&mut self, n: usize, back: usize) {
        self.longest = if n > self.longest { n } else { self.longest };
        self.lead = if n + back > self.lead { n + back } else { self.lead };
    }

    /// Whether nothing is asked for.
    pub(super) fn is_empty(&self) -> bool {
        self.longest == 0
    }

    /// Takes the rows of a block; something is asked for.
    #[inline(always)]
    pub(super) fn fill(&mut self, x: &[f64], from: usize, to: usize) {
        self.start = from.saturating_sub(self.lead);
        let rows = to - self.start;
        let count = self.longest.ilog2() as usize + 1;
        if self.levels.len() < count {
            self.levels.resize(count, Vec::new());
        }
        for level in &mut self.levels[..count] {
            level.resize(rows, 0.0);
        }
        self.levels[0].copy_from_slice(&x[self.start..to]);
        for k in 1..count {
            let half = 1 << (k - 1);
            let (below, above) = self.levels.split_at_mut(k);
            let (below, above) = (&below[k - 1][..rows], &mut above[0][..rows]);
            // Rows before a whole window: any value will do, they are inside every warm-up.
            let head = half.min(rows);
            above[..head].copy_from_slice(&below[..head]);
            for ((o, &late), &early) in above[head..].iter_mut().zip(&below[head..]).zip(below) {
                *o = pick::<HIGHEST>(early, late);
            }
        }
    }

    /// Extremes of the `n` rows that end at row t - `back`, for t from `from` on, as many as `out` has.
    #[inline(always)]
    pub(super) fn read(&self, n: usize, from: usize, back: usize, out: &mut [f64]) {
        let rows = out.len();
        let k = n.ilog2() as usize;
        let shift = n - (1 << k);
        let level = &self.levels[k];
        let lead = from - self.start;
        // Where rows are missing at the start of the data, the value means nothing.
        let head = (back + shift).saturating_sub(lead).min(rows);
        out[..head].fill(level[0]);
        if head == rows {
            return;
        }
        let late = &level[lead + head - back..][..rows - head];
        let early = &level[lead + head - back - shift..][..rows - head];
        for ((o, &early), &late) in out[head..].iter_mut().zip(early).zip(late) {
            *o = pick::<HIGHEST>(early, late);
        }
    }
}

#[inline(always)]
fn pick<const HIGHEST: bool>(a: f64, b: f64) -> f64 {
    if HIGHEST {
        if b > a { b } else { a }
    } else if b < a {
        b
    } else {
        a
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicators::channel;

    #[test]
    fn they_are_the_extremes_of_the_indicator() {
        let x: Vec<i64> = (0..900).map(|i| i * 7919 % 263).collect();
        let f: Vec<f64> = x.iter().map(|&v| v as f64).collect();
        let lengths = [1, 2, 3, 7, 8, 60, 64, 100];
        let backs = [0, 1, 26];
        let (mut top, mut bottom) = (Windows::<true>::default(), Windows::<false>::default());
        for n in lengths {
            for back in backs {
                top.ask(n, back);
                bottom.ask(n, back);
            }
        }
        for (from, to) in [(0, 100), (1, 30), (50, 150), (333, 845), (899, 900)] {
            top.fill(&f, from, to);
            bottom.fill(&f, from, to);
            for n in lengths {
                let (highest, lowest) = (channel::highest(&x, n), channel::lowest(&x, n));
                for back in backs {
                    let mut out = vec![0.0; to - from];
                    top.read(n, from, back, &mut out);
                    for t in from.max(n - 1 + back)..to {
                        assert_eq!(out[t - from], highest[t - back] as f64, "n {n} back {back} row {t}");
                    }
                    bottom.read(n, from, back, &mut out);
                    for t in from.max(n - 1 + back)..to {
                        assert_eq!(out[t - from], lowest[t - back] as f64, "n {n} back {back} row {t}");
                    }
                }
            }
        }
    }
}
