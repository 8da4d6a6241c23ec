//! What is said of a file once all of its rows are there.

use super::{Collector, FileRows};
use crate::columns::{is_adjusted, is_end_name, is_volume_name};
use crate::error::{Error, Result};
use crate::read::some;
use crate::zone::Zone;

/// The zone that letters in the name of a column may stand for, or an offset such as `UTC-5`.
fn zone_of_letters(word: &str) -> Option<String> {
    const LETTERS: [(&str, &str); 16] = [
        ("est", "America/New_York"),
        ("edt", "America/New_York"),
        ("et", "America/New_York"),
        ("cst", "America/Chicago"),
        ("cdt", "America/Chicago"),
        ("ct", "America/Chicago"),
        ("pst", "America/Los_Angeles"),
        ("pdt", "America/Los_Angeles"),
        ("cet", "Europe/Berlin"),
        ("cest", "Europe/Berlin"),
        ("bst", "Europe/London"),
        ("eet", "Europe/Helsinki"),
        ("msk", "Europe/Moscow"),
        ("ist", "Asia/Kolkata"),
        ("jst", "Asia/Tokyo"),
        ("hkt", "Asia/Hong_Kong"),
    ];
    let lower = word.to_ascii_lowercase();
    if let Some((_, zone)) = LETTERS.iter().find(|(letters, _)| *letters == lower) {
        return Some((*zone).to_owned());
    }
    let offset = lower.strip_prefix("utc").or_else(|| lower.strip_prefix("gmt"))?;
    let hours: i32 = offset.trim_end_matches(":00").parse().ok().filter(|hours| *hours != 0)?;
    // The names of the data base count the other way round.
    let zone = format!("Etc/GMT{:+}", -hours);
    Zone::parse(&zone).is_ok().then_some(zone)
}

impl Collector {
    /// Everything in the file is published or named.
    pub(super) fn note_columns(&mut self) {
        let header = &self.header;
        if !header.named {
            let prices = if header.is_close_only() { "close" } else { "open, high, low, close" };
            let symbol = if header.columns.symbol.is_some() { "symbol, " } else { "" };
            self.notes.push(format!("no header: columns read as {symbol}time, {prices}, volume"));
        }
        if header.wide && header.is_close_only() {
            self.notes
                .push("each column beside the time is the closes of the symbol it is called after".into());
        }
        let unused = (0..header.names.len()).filter(|i| !self.used.contains(i));
        let mut left_out: Vec<String> = Vec::new();
        for at in unused {
            let name = header.name(at);
            let twin = header.names.iter().filter(|n| **n == name).count() > 1;
            match name.as_str() {
                "" => left_out.push(format!("#{}", at + 1)),
                _ if twin => left_out.push(format!("#{} {name}", at + 1)),
                _ => left_out.push(name),
            }
        }
        left_out.extend(self.left_out.iter().filter(|n| !header.names.contains(n)).cloned());
        if let Some(at) = header.columns.volume.filter(|_| header.named) {
            let others: Vec<&str> =
                left_out.iter().filter(|n| is_volume_name(n)).map(String::as_str).collect();
            if !others.is_empty() {
                let taken = header.name(at);
                self.notes.push(format!("volume is column {taken:?}; there are also {}", others.join(", ")));
            }
        }
        if let Some(at) = header.columns.adjusted {
            let name = header.name(at);
            self.notes.push(format!(
                "open, high, low and close were multiplied by {name:?} / close; the volume was not"
            ));
        } else if let Some(adjusted) = left_out.iter().find(|n| is_adjusted(n)) {
            let close = header.name(header.columns.prices[3]);
            let hint =
                if header.is_close_only() { "" } else { ": --adjust multiplies the prices by it / close" };
            self.notes.push(format!("the close is column {close:?}; {adjusted:?} is not used{hint}"));
        }
        if !left_out.is_empty() {
            self.notes.push(format!("columns left out: {}", some(&left_out)));
        }
    }

    /// What the name of the column of times says of their zone, where nothing else does.
    fn zone_in_header(&self) -> Option<String> {
        let name = self.header.name(self.header.columns.time);
        if !self.is_naive() {
            return None;
        }
        let parts = || name.split(['(', ')', '[', ']', ' ']);
        if let Some(zone) = parts().find(|part| part.contains('/') && Zone::parse(part).is_ok()) {
            return Some(format!(
                "column {name:?} names a zone: if its times are of it, say --timezone {zone}"
            ));
        }
        let zone = parts().find_map(zone_of_letters)?;
        Some(format!(
            "column {name:?} names a zone: if its times are of it, say --timezone, as --timezone {zone}"
        ))
    }

    /// All rows, by symbol.
    ///
    /// # Errors
    /// `Invalid` if there was none.
    pub(crate) fn finish(mut self) -> Result<FileRows> {
        self.seal()?;
        if self.symbols.is_empty() {
            let problem =
                if self.blank.is_some() { "has no row with a price" } else { "has no rows of data" };
            return Err(Error::layout(&self.source.file, problem));
        }
        self.note_columns();
        let unit = self.source.unit;
        for (found, what) in [(self.blank, "a time and no price"), (self.partial, "not all prices")] {
            if let Some((first, count)) = found {
                self.notes
                    .push(format!("{count} rows hold {what} and were left out, the first in {unit} {first}"));
            }
        }
        if let Some(name) = self.header.names.iter().find(|name| self.forming > 0 && is_end_name(name)) {
            let count = self.forming;
            self.notes
                .push(format!("{count} candles whose {name:?} is false had not ended and were left out"));
        }
        if let Some(note) = self.zone_in_header() {
            self.notes.push(note);
        }
        if self.lettered {
            self.notes.push(
                "volumes are written with a letter for thousands, millions or billions: they are rounded"
                    .into(),
            );
        }
        if let Some((zone, _)) = &self.written {
            self.symbols.iter().try_for_each(|(_, rows)| rows.check_twice(zone))?;
        }
        if let Some(zone) = &self.options.zone {
            self.symbols.iter().try_for_each(|(_, rows)| rows.check_twice(zone))?;
            let name = zone.name();
            self.notes.push(match self.assumed_utc {
                true => format!("times carry no zone: they were read as those of {name}"),
                false => format!("times carry a zone or are epochs: {name} was not used"),
            });
            let twice: u64 = self.symbols.iter().map(|(_, rows)| rows.twice.earlier).sum();
            if twice > 0 {
                self.notes.push(format!(
                    "the hour that {name} has twice, when clocks go back, was told apart by the order of the rows: {twice} times"
                ));
            }
            self.assumed_utc = false;
        }
        let Self { symbols, assumed_utc, notes, header, .. } = self;
        Ok(FileRows { symbols, assumed_utc, notes, header })
    }
}
