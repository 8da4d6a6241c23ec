//! Long lines as so many points as can be seen: of each column of pixels the first row, and the lowest and highest of every
//! line, so that no peak is lost.

/// Lines that share their rows.
pub const LINES: usize = 3;

/// A row: UTC milliseconds and a value of each line; NaN: none.
pub type Row = (i64, [f64; LINES]);

/// Takes rows in order and keeps what can be seen.
#[derive(Debug)]
pub struct Thinner {
    stretch: usize,
    waiting: Vec<Row>,
    kept: Vec<Row>,
}

impl Thinner {
    /// For `rows` rows on `columns` columns of pixels.
    pub fn new(rows: u64, columns: u64) -> Thinner {
        // Where the choice would keep about all of them, all are kept.
        let most = columns * (1 + 2 * LINES as u64);
        let stretch = if rows <= most { 1 } else { rows.div_ceil(columns.max(1)) };
        Thinner {
            stretch: usize::try_from(stretch).unwrap_or(usize::MAX),
            waiting: Vec::new(),
            kept: Vec::new(),
        }
    }

    /// The next row.
    pub fn push(&mut self, row: Row) {
        self.waiting.push(row);
        if self.waiting.len() >= self.stretch {
            self.close(false);
        }
    }

    /// Ends a stretch: the row before this one is kept, and the next one is the first of another.
    pub fn cut(&mut self) {
        self.close(true);
    }

    /// The rows that are kept.
    pub fn finish(mut self) -> Vec<Row> {
        self.close(true);
        self.kept
    }

    fn close(&mut self, keep_last: bool) {
        let Some(last) = self.waiting.len().checked_sub(1) else { return };
        let mut chosen = vec![0];
        chosen.extend(keep_last.then_some(last));
        for line in 0..LINES {
            let values = || self.waiting.iter().map(|row| row.1[line]).enumerate().filter(|v| !v.1.is_nan());
            chosen.extend(values().min_by(|a, b| a.1.total_cmp(&b.1)).map(|v| v.0));
            chosen.extend(values().max_by(|a, b| a.1.total_cmp(&b.1)).map(|v| v.0));
        }
        chosen.sort_unstable();
        chosen.dedup();
        self.kept.extend(chosen.into_iter().map(|i| self.waiting[i]));
        self.waiting.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn thinned(rows: i64, columns: u64, row: impl Fn(i64) -> Row) -> Vec<Row> {
        let mut thinner = Thinner::new(rows as u64, columns);
        (0..rows).for_each(|i| thinner.push(row(i)));
        thinner.finish()
    }

    #[test]
    fn ends_and_extremes_of_every_line_stay() {
        let peak = |i: i64| if i == 77_777 { 9.0 } else { (i % 7) as f64 };
        let valley = |i: i64| if i == 12_345 { -9.0 } else { (i % 5) as f64 };
        let kept = thinned(100_000, 100, |i| (i, [peak(i), valley(i), f64::NAN]));
        assert!(kept.len() <= 100 * 5 + 1, "{}", kept.len());
        assert_eq!((kept[0].0, kept.last().unwrap().0), (0, 99_999));
        assert!(kept.iter().any(|r| r.1[0] == 9.0) && kept.iter().any(|r| r.1[1] == -9.0));
        assert!(kept.windows(2).all(|w| w[0].0 < w[1].0));
    }

    #[test]
    fn what_can_be_seen_whole_is_whole() {
        let kept = thinned(700, 100, |i| (i, [1.0, f64::NAN, f64::NAN]));
        assert_eq!(kept.len(), 700);
    }

    #[test]
    fn both_sides_of_a_cut_are_kept() {
        let mut thinner = Thinner::new(10_000, 10);
        (0..5_500).for_each(|i| thinner.push((i, [1.0; LINES])));
        thinner.cut();
        (5_500..10_000).for_each(|i| thinner.push((i, [1.0; LINES])));
        let kept: Vec<i64> = thinner.finish().into_iter().map(|r| r.0).collect();
        assert!(kept.contains(&5_499) && kept.contains(&5_500), "{kept:?}");
    }
}
