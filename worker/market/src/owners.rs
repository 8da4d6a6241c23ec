//! Whose rows are whose: the symbols of a file, by its own word, the user's, or its name.

use crate::error::{Error, Result};
use crate::names::to_symbol;
use crate::parts::{is_day_of_folder, market_of_part, symbol_of_part};
use crate::plan::Input;
use crate::read::some;
use crate::rows::{FileRows, RawRows};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The rows of one symbol of one file.
pub(crate) struct SymbolPart {
    /// The symbol as it is written; `None` where the user said it.
    pub written: Option<String>,
    pub rows: RawRows,
    pub notes: Vec<String>,
}

/// The legal name of a symbol, with a note if it had to be changed.
fn legal(name: &str, input: &Input, notes: &mut Vec<String>) -> Result<String> {
    let mapped = to_symbol(name).filter(|s| !s.ends_with(".funding")).ok_or_else(|| {
        let problem = format!(
            "({}) is no symbol: name it with --symbol, up to 32 letters, digits, '.', '_' and '-'",
            input.path.display()
        );
        Error::option("symbol", name, problem)
    })?;
    if mapped != name {
        notes.push(format!("symbol {name:?} is called {mapped} here"));
    }
    Ok(mapped)
}

/// Names the symbols of a file.
pub(crate) fn by_symbol(input: &Input, file: FileRows) -> Result<Vec<(String, SymbolPart)>> {
    let FileRows { mut symbols, assumed_utc, mut notes, .. } = file;
    if assumed_utc {
        notes.push("times carry no zone: UTC was assumed".into());
    }
    if let Some(wanted) = &input.symbol {
        let wanted = &legal(wanted, input, &mut notes)?;
        let held: Vec<String> = symbols.iter().filter_map(|(n, _)| n.clone()).collect();
        if let [name] = held.as_slice()
            && to_symbol(name).as_ref() != Some(wanted)
        {
            notes.push(format!("symbol {name:?} is called {wanted} here"));
        }
        if symbols.len() > 1 {
            symbols.retain(|(n, _)| {
                n.as_ref().is_some_and(|n| n == wanted || to_symbol(n).as_ref() == Some(wanted))
            });
            if symbols.is_empty() {
                let problem = format!("holds {}, not {wanted}", held.join(", "));
                return Err(Error::layout(&input.path, problem));
            }
            let taken = |name: &String| symbols.iter().any(|(n, _)| n.as_ref() == Some(name));
            let others: Vec<String> = held.iter().filter(|n| !taken(n)).cloned().collect();
            let count = held.len();
            notes.push(format!(
                "of {count} symbols in the file only {wanted} was taken, left out: {}",
                some(&others)
            ));
        }
        distinct(
            &input.path,
            symbols.iter().map(|(n, _)| (n.as_deref().unwrap_or_default(), wanted.as_str())),
        )?;
        return Ok(symbols
            .into_iter()
            .map(|(_, rows)| (wanted.clone(), SymbolPart { written: None, rows, notes: notes.clone() }))
            .collect());
    }
    let stem = bare_name(&input.path);
    let mut found = Vec::with_capacity(symbols.len());
    let mut names = Vec::with_capacity(symbols.len());
    for (name, rows) in symbols {
        let mut notes = notes.clone();
        let mut market = Vec::new();
        let raw = match name {
            Some(name) => name,
            None => {
                let (symbol, why) = named_by(&input.path, &stem);
                notes.push(why);
                market = market_of_part(stem.strip_prefix(&symbol).unwrap_or(&stem));
                symbol
            }
        };
        let name = legal(&raw, input, &mut notes)?;
        names.push((raw.clone(), name.clone()));
        let written = [&[raw.as_str()], &market[..]].concat().join(" ");
        found.push((name, SymbolPart { written: Some(written), rows, notes }));
    }
    distinct(&input.path, names.iter().map(|(raw, name)| (raw.as_str(), name.as_str())))?;
    Ok(found)
}

/// The name of a file without its format, and without that of a packing around it: `AAPL` of `AAPL.csv.gz`.
fn bare_name(path: &Path) -> String {
    let packed =
        path.extension().is_some_and(|e| ["gz", "zst", "zip"].iter().any(|p| e.eq_ignore_ascii_case(p)));
    let inner = path.file_stem().map(Path::new).filter(|_| packed);
    let formats = ["csv", "tsv", "txt", "json", "jsonl", "ndjson", "parquet", "feather", "arrow"];
    // `BRK.B.zip` is one of BRK.B.
    let known = |p: &&Path| p.extension().is_some_and(|e| formats.iter().any(|f| e.eq_ignore_ascii_case(f)));
    let named = inner.filter(known).unwrap_or(path);
    named.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default()
}

/// The symbol that the name of a file says, and why it is that.
fn named_by(path: &Path, stem: &str) -> (String, String) {
    if let Some(symbol) = symbol_of_part(stem) {
        let why = "the name of its file has an interval and a date besides, as those of parts have";
        return (symbol.to_owned(), format!("the symbol is {symbol}: {why}"));
    }
    let folder = path.parent().and_then(Path::file_name).filter(|_| is_day_of_folder(stem));
    match folder.map(|name| name.to_string_lossy().into_owned()) {
        Some(symbol) => {
            let why = format!("the symbol is {symbol}, the folder of the file: its own name is a day alone");
            (symbol, why)
        }
        None => (stem.to_owned(), "the symbol is the name of the file".to_owned()),
    }
}

/// Two symbols of a file that are called the same here would become one series.
fn distinct<'a>(path: &Path, names: impl Iterator<Item = (&'a str, &'a str)>) -> Result<()> {
    let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
    for (raw, name) in names {
        if let Some(other) = seen.insert(name, raw) {
            let problem =
                format!("holds {other:?} and {raw:?}, which both would be called {name}: rename one");
            return Err(Error::layout(path, problem));
        }
    }
    Ok(())
}

/// Which funding file belongs to which symbol.
pub(crate) fn match_funding<T>(
    inputs: &[Input],
    symbols: &BTreeMap<String, T>,
) -> Result<BTreeMap<String, PathBuf>> {
    let mut found = BTreeMap::new();
    for input in inputs {
        let stem = bare_name(&input.path);
        let lower = stem.to_lowercase();
        let cut =
            ["-funding", "_funding", ".funding"].iter().find(|s| lower.ends_with(**s)).map_or(0, |s| s.len());
        let mut name = to_symbol(input.symbol.as_deref().unwrap_or(&stem[..stem.len() - cut]));
        // The only symbol needs no name.
        if let (None, 1) = (&input.symbol, symbols.len()) {
            name = symbols.keys().next().cloned();
        }
        let name = name.filter(|n| symbols.contains_key(n)).ok_or_else(|| {
            let known: Vec<&str> = symbols.keys().map(String::as_str).collect();
            let problem =
                format!("belongs to no symbol of this import ({}): write SYMBOL=FILE", known.join(", "));
            Error::option("funding", input.path.display().to_string(), problem)
        })?;
        if found.insert(name.clone(), input.path.clone()).is_some() {
            return Err(Error::option("funding", name, "has two funding files"));
        }
    }
    Ok(found)
}
