//! The tests of walk-forward one after another, of `best/walk_forward.csv`.

use std::path::Path;

use super::error::ReportError;
use super::table::{Table, number, stamp};
use super::thin::{Row, Thinner};

/// Columns of pixels that the line is thinned to.
const COLUMNS: u64 = 500;

/// The account of the stitched tests.
#[derive(Clone, Debug, Default)]
pub struct Stitched {
    /// Account and market, thinned.
    pub rows: Vec<Row>,
    /// First stamps of the windows behind the first.
    pub cuts: Vec<i64>,
}

/// Reads the account; `None` if the result has none.
///
/// # Errors
/// [`ReportError`].
pub fn read(path: &Path) -> Result<Option<Stitched>, ReportError> {
    let Some((table, all)) = Table::counted(path)? else { return Ok(None) };
    let mut places = [0; 4];
    for (place, name) in places.iter_mut().zip(["time", "window", "equity", "market"]) {
        *place = table.needed(name)?;
    }
    let mut thinner = Thinner::new(all, COLUMNS);
    let (mut cuts, mut current) = (Vec::new(), None::<String>);
    table.each(|row| {
        let [time, window, equity, market] = places.map(|place| row[place]);
        let ms = stamp(time)?;
        if current.as_deref() != Some(window) {
            if current.is_some() {
                cuts.push(ms);
            }
            current = Some(window.to_owned());
        }
        thinner.push((ms, [number(equity), number(market), f64::NAN]));
        Ok(())
    })?;
    Ok(Some(Stitched { rows: thinner.finish(), cuts }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_begins_where_its_number_changes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("walk_forward.csv");
        assert!(read(&path).unwrap().is_none());
        let day = |n: u32, window: u32, equity: f64| format!("2024-01-0{n}T00:00:00Z,{window},{equity},90\n");
        let text = [day(1, 0, 100.0), day(2, 0, 110.0), day(3, 1, 105.0), day(4, 2, 120.5), day(5, 2, 130.0)]
            .concat();
        std::fs::write(&path, format!("time,window,equity,market\n{text}")).unwrap();
        let found = read(&path).unwrap().unwrap();
        let first = found.rows[0].0;
        assert_eq!(found.cuts.iter().map(|ms| (ms - first) / 86_400_000).collect::<Vec<_>>(), [2, 3]);
        let account: Vec<f64> = found.rows.iter().map(|row| row.1[0]).collect();
        assert_eq!(account, [100.0, 110.0, 105.0, 120.5, 130.0]);
        std::fs::write(&path, "time,window,equity\n").unwrap();
        assert!(read(&path).unwrap_err().to_string().contains("\"market\" is missing"));
    }
}
