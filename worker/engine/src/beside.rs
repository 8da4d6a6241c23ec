//! Columns of a file of signals beside the bars.

use std::fmt::Debug;

/// Where the columns of one symbol lie: a row for each bar of it, NaN where nothing is known.
pub trait SignalColumns: Debug + Sync {
    /// The column of this name, as `momentum.score`.
    fn column(&self, name: &str) -> Option<&[f64]>;
    /// The names of all columns.
    fn names(&self) -> Vec<&str>;
}

/// Columns in memory, each under its name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OwnedColumns(pub Vec<(String, Vec<f64>)>);

impl SignalColumns for OwnedColumns {
    fn column(&self, name: &str) -> Option<&[f64]> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, values)| values.as_slice())
    }

    fn names(&self) -> Vec<&str> {
        self.0.iter().map(|(name, _)| name.as_str()).collect()
    }
}

/// Columns from the row on at which some bars begin. A value stands in the row of the bar at whose close it is known.
#[derive(Clone, Copy, Debug)]
pub struct Signals<'a> {
    columns: &'a dyn SignalColumns,
    first: usize,
}

impl<'a> Signals<'a> {
    /// Columns whose first row is that of the bars.
    pub fn new(columns: &'a dyn SignalColumns) -> Signals<'a> {
        Signals { columns, first: 0 }
    }

    /// The names of all columns.
    pub fn names(self) -> Vec<&'a str> {
        self.columns.names()
    }

    /// Without so many rows more.
    pub(crate) fn skip(self, rows: usize) -> Signals<'a> {
        Signals { first: self.first + rows, ..self }
    }

    /// So many rows of a column; nothing if there are fewer, or there is none of this name.
    pub(crate) fn column(self, name: &str, rows: usize) -> Option<&'a [f64]> {
        self.columns.column(name)?.get(self.first..self.first + rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bars::Bars;

    #[test]
    fn columns_are_cut_with_the_bars_so_that_no_later_row_is_there_to_be_read() {
        let (time, price) = ([0, 1, 2, 3, 4], [1; 5]);
        let one = OwnedColumns(vec![("f.x".to_owned(), vec![0.0, 1.0, 2.0, 3.0, 4.0])]);
        let bars = Bars {
            symbol: "A",
            decimals: 0,
            interval_ms: 1,
            time_ms: &time,
            open: &price,
            high: &price,
            low: &price,
            close: &price,
            volume: None,
            funding: &[],
            signals: Some(Signals::new(&one)),
        };
        assert_eq!(bars.signal("f.x").unwrap(), [0.0, 1.0, 2.0, 3.0, 4.0]);
        assert_eq!(bars.skip(1).truncate(3).signal("f.x").unwrap(), [1.0, 2.0, 3.0]);
        assert_eq!(bars.truncate(4).skip(1).skip(2).signal("f.x").unwrap(), [3.0]);
        assert!(bars.signal("f.y").is_none());
        assert!(Bars { signals: None, ..bars }.signal("f.x").is_none());
    }
}
