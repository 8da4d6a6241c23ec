//! What the account of each symbol made in each year, of `best/years.csv`.

use std::collections::BTreeMap;
use std::path::Path;

use super::error::ReportError;
use super::table::{Table, number};

/// Growth factors of the accounts, by symbol and year.
pub type Years = BTreeMap<String, BTreeMap<i16, f64>>;

/// Reads the years; `None` if the result has none. A year with rows of training and holdout is both, one after the other.
///
/// # Errors
/// [`ReportError`].
pub fn read(path: &Path) -> Result<Option<Years>, ReportError> {
    let Some(table) = Table::open(path)? else { return Ok(None) };
    let mut places = [0; 4];
    for (place, name) in places.iter_mut().zip(["symbol", "year", "begin", "end"]) {
        *place = table.needed(name)?;
    }
    let mut years = Years::new();
    table.each(|row| {
        let [symbol, year, begin, end] = places.map(|place| row[place]);
        let (begin, end) = (number(begin), number(end));
        // A ruined account grows no more.
        let growth = if begin > 0.0 { end / begin } else { f64::NAN };
        if let Ok(year) = year.parse::<i16>() {
            *years.entry(symbol.to_owned()).or_default().entry(year).or_insert(1.0) *= growth;
        }
        Ok(())
    })?;
    Ok(Some(years))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_year_of_training_and_holdout_is_both_one_after_the_other() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("years.csv");
        assert!(read(&path).unwrap().is_none());
        let text = "symbol,part,year,begin,end\nA,training,2023,100,150\nA,training,2024,150,75\nA,holdout,2024,100,120\n\
                    B,training,2023,100,0\nB,training,2024,0,0\n";
        std::fs::write(&path, text).unwrap();
        let years = read(&path).unwrap().unwrap();
        assert_eq!((years["A"][&2023], years["A"][&2024]), (1.5, 0.6));
        assert_eq!(years["B"][&2023], 0.0);
        assert!(years["B"][&2024].is_nan());
    }
}
