//! Importing: files in, one checked and published dataset out. Files are read and symbols are checked in
//! parallel, each with its own state; one that fails does not lose the others.

use crate::append::join_funding;
use crate::before::Before;
use crate::check::{CheckOptions, Kind, SymbolReport, check};
use crate::dataset::Dataset;
use crate::days::check_days;
use crate::error::{Error, ErrorKind, Result};
use crate::funding::read_funding_file;
use crate::names::{DAY_MS, Interval, check_dataset_name, to_symbol};
use crate::owners::{SymbolPart, by_symbol, match_funding};
use crate::parallel;
use crate::publish::{Origin, Published, Rows, publish_rows};
use crate::read::{ReadOptions, read_file};
use crate::rows::{FileRows, RawRows};
use crate::series::{FundingStamp, OwnedSeries, Series};
use crate::spill::{Held, KEPT_ROWS, Spill};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A file to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// Path of the file.
    pub path: PathBuf,
    /// Its symbol; `None`: the file's own column, else the name of the file.
    pub symbol: Option<String>,
}

/// What stands in a folder of files to import, in order of the names. Hidden names are passed over.
///
/// # Errors
/// The folder cannot be read.
pub fn folder_entries(path: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut out = Vec::new();
    for entry in std::fs::read_dir(path)? {
        let path = entry?.path();
        if path.file_name().is_some_and(|name| !name.to_string_lossy().starts_with('.')) {
            out.push(path);
        }
    }
    out.sort();
    Ok(out)
}

impl Input {
    /// A file whose symbol is found by itself.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), symbol: None }
    }

    /// A file of one symbol.
    pub fn for_symbol(symbol: impl Into<String>, path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), symbol: Some(symbol.into()) }
    }
}

/// How to read and check files.
#[derive(Clone, Debug, Default)]
pub struct LoadOptions {
    /// Columns and the order of dates.
    pub read: ReadOptions,
    /// Interval, calendar and what is allowed.
    pub check: CheckOptions,
    /// Funding series, by symbol.
    pub funding: Vec<Input>,
}

/// Everything that one import needs to know.
#[derive(Clone, Debug)]
pub struct ImportPlan {
    /// Files with bars; several may belong to one symbol.
    pub inputs: Vec<Input>,
    /// The data directory, which is made if it is missing.
    pub data_dir: PathBuf,
    /// Name of the dataset.
    pub dataset: String,
    /// How to read and check.
    pub load: LoadOptions,
    /// Threads that read and check, at least 1.
    pub threads: usize,
    /// How often a file is read again after the system failed to read it.
    pub retries: u32,
    /// Whether the symbols that passed are published although others, or files, were refused.
    pub partial: bool,
    /// Whether the rows come to those of the latest version, if there is one, instead of taking their place. Symbols
    /// that are only there stay, as do those that are refused.
    pub append: bool,
}

/// What an import reports while it runs. Numbers of files are positions in [`ImportPlan::inputs`].
#[derive(Debug)]
pub enum ImportEvent<'a> {
    /// A file begins to be read.
    Started {
        /// Position of the file in [`ImportPlan::inputs`].
        file: usize,
    },
    /// Part of the file is read.
    Progress {
        /// Position of the file in [`ImportPlan::inputs`].
        file: usize,
        /// Bytes or rows done.
        done: u64,
        /// Bytes or rows of the whole file.
        total: u64,
    },
    /// The system failed; the file is read again.
    Retry {
        /// Position of the file in [`ImportPlan::inputs`].
        file: usize,
        /// Number of this attempt, from 1.
        attempt: u32,
        /// Why the system failed to read it.
        error: &'a Error,
    },
    /// All rows are read.
    Read {
        /// Position of the file in [`ImportPlan::inputs`].
        file: usize,
        /// Rows that the file holds.
        rows: u64,
    },
    /// The file is given up.
    FileFailed {
        /// Position of the file in [`ImportPlan::inputs`].
        file: usize,
        /// Why the file is refused.
        error: &'a Error,
    },
    /// A symbol passed all checks.
    Checked {
        /// What the checks found in the symbol.
        report: &'a SymbolReport,
    },
    /// A symbol is refused.
    SymbolFailed {
        /// Name of the symbol.
        symbol: &'a str,
        /// Why the symbol is refused.
        error: &'a Error,
    },
}

/// Receives events, from several threads.
pub type Observer<'a> = &'a (dyn Fn(ImportEvent<'_>) + Sync);

/// A file or a symbol that was not imported.
#[derive(Debug)]
pub struct ImportFailure {
    /// The symbol, or the file where its symbol is not known.
    pub what: String,
    /// Why it was refused.
    pub error: Error,
}

/// How an import ended.
#[derive(Debug)]
pub struct ImportSummary {
    /// The dataset; `None` if no symbol passed, or not everything did and the plan is not [`ImportPlan::partial`].
    pub published: Option<Published>,
    /// Symbols that are in it.
    pub symbols: Vec<SymbolReport>,
    /// Files and symbols that were refused, each with its error.
    pub failed: Vec<ImportFailure>,
    /// Symbols of the version before that the published one does not have.
    pub gone: Vec<String>,
}

impl ImportSummary {
    /// The class of the gravest failure, if there is one: invalid data, then faults, missing files and options.
    pub fn worst(&self) -> Option<ErrorKind> {
        let rank = [ErrorKind::Invalid, ErrorKind::Io, ErrorKind::Missing, ErrorKind::Spec];
        rank.into_iter().find(|k| self.failed.iter().any(|f| f.error.kind() == *k))
    }
}

/// Reads, checks and publishes.
///
/// # Errors
/// `Spec` for names that cannot be used, `Io` if the dataset cannot be written. Errors of single files and symbols
/// are in the summary.
pub fn import(plan: &ImportPlan, observer: Observer<'_>) -> Result<ImportSummary> {
    import_with(plan, observer, KEPT_ROWS)
}

/// The same with so many rows in memory, before the checks and after them.
fn import_with(plan: &ImportPlan, observer: Observer<'_>, kept_rows: usize) -> Result<ImportSummary> {
    check_dataset_name(&plan.dataset)?;
    if plan.inputs.is_empty() {
        return Err(Error::option("files", "", "name at least one file"));
    }
    let spill = || Spill::new(&plan.data_dir, kept_rows);
    // The rows of files make room on disk once all of them are checked.
    let (raw, checked_rows) = (spill(), spill());
    let read = parallel::run(plan.threads, plan.inputs.len(), |file| {
        let rows = read_with_retries(plan, file, observer)?;
        let hold = |(name, part): (String, SymbolPart)| {
            raw.hold(part.rows).map(|rows| (name, Part { written: part.written, rows, notes: part.notes }))
        };
        by_symbol(&plan.inputs[file], rows)?.into_iter().map(hold).collect::<Result<Vec<_>>>()
    });
    let mut failed = Vec::new();
    let mut symbols: BTreeMap<String, Symbol> = BTreeMap::new();
    for (input, result) in plan.inputs.iter().zip(read) {
        match result {
            Ok(found) => {
                found.into_iter().for_each(|(name, part)| symbols.entry(name).or_default().add(part))
            }
            Err(error) => match input.symbol.as_deref().map(|s| to_symbol(s).unwrap_or_else(|| s.to_owned()))
            {
                // Without one of its files a symbol would have a hole.
                Some(name) => symbols.entry(name).or_default().broken = Some(error),
                None => failed.push(ImportFailure { what: input.path.display().to_string(), error }),
            },
        }
    }
    let funding = match_funding(&plan.load.funding, &symbols)?;
    let before = Before { data_dir: &plan.data_dir, dataset: &plan.dataset };
    let close_only = plan.load.read.columns.is_close_only();
    let mut options = plan.load.check;
    let interval = options.resample.or(options.interval);
    let latest = if plan.append { before.to_grow(close_only, interval)? } else { None };
    if let Some(latest) = &latest {
        if options.resample.is_none() {
            options.interval = options.interval.or(Some(latest.interval()));
        }
        options.calendar = options.calendar.or(latest.calendar());
    }
    let published = |name: &str| latest.as_ref()?.iter().find(|s| s.symbol.eq_ignore_ascii_case(name));
    let names: Vec<String> = symbols.keys().cloned().collect();
    let slots: Vec<std::sync::Mutex<Option<Symbol>>> =
        symbols.into_values().map(|s| std::sync::Mutex::new(Some(s))).collect();
    let checked = parallel::run(plan.threads, slots.len(), |i| {
        let taken = slots[i].lock().unwrap_or_else(|e| e.into_inner()).take().unwrap_or_default();
        let series = funding.get(&names[i]).map(PathBuf::as_path);
        let result =
            taken.check(&raw, &names[i], series, (&options, close_only), published(&names[i]).as_ref());
        match &result {
            Ok((_, report)) => observer(ImportEvent::Checked { report }),
            Err(error) => observer(ImportEvent::SymbolFailed { symbol: &names[i], error }),
        }
        result.and_then(|(series, report)| checked_rows.hold(series).map(|series| (series, report)))
    });
    drop(raw);
    let (mut series, mut reports): (Vec<Held<OwnedSeries>>, Vec<SymbolReport>) = (Vec::new(), Vec::new());
    for (name, result) in names.into_iter().zip(checked) {
        let result =
            result.and_then(|(s, r)| fits_beside(series.first(), &s, &checked_rows).map(|()| (s, r)));
        match result {
            Ok((s, report)) => {
                series.push(s);
                reports.push(report);
            }
            Err(error) => failed.push(ImportFailure { what: name, error }),
        }
    }
    let refused = !plan.partial && !failed.is_empty();
    let mut gone = Vec::new();
    let published = match series.first().and_then(|s| Interval::from_ms(s.bare().interval_ms)) {
        None => None,
        Some(_) if refused => None,
        Some(interval) => {
            let mut rows: Vec<Rows<'_>> =
                series.iter().zip(&reports).map(|(s, r)| Rows::held(s, r, &checked_rows)).collect();
            let stay = |s: &Series<'_>| !series.iter().any(|new| new.bare().symbol == s.symbol);
            rows.extend(latest.iter().flat_map(Dataset::iter).filter(stay).map(Rows::lent));
            let origin = Origin { calendar: options.calendar, close_only };
            gone = before.symbols();
            gone.retain(|name| !rows.iter().any(|s| s.entry.symbol == *name));
            Some(publish_rows(&plan.data_dir, &plan.dataset, interval, origin, rows)?)
        }
    };
    Ok(ImportSummary { published, symbols: reports, failed, gone })
}

/// Reads and checks one file for use in memory, without publishing it.
///
/// # Errors
/// As [`import`], of the first file or symbol that fails.
pub fn load_file(input: &Input, options: &LoadOptions) -> Result<Vec<(OwnedSeries, SymbolReport)>> {
    let mut symbols: BTreeMap<String, Symbol> = BTreeMap::new();
    let memory = Spill::new(Path::new("."), usize::MAX);
    for (name, part) in by_symbol(input, read_file(&input.path, &options.read, &|_, _| ())?)? {
        let part = Part { written: part.written, rows: memory.hold(part.rows)?, notes: part.notes };
        symbols.entry(name).or_default().add(part);
    }
    let funding = match_funding(&options.funding, &symbols)?;
    let close_only = options.read.columns.is_close_only();
    let load = |(name, symbol): (String, Symbol)| {
        let series = funding.get(&name).map(PathBuf::as_path);
        symbol.check(&memory, &name, series, (&options.check, close_only), None)
    };
    symbols.into_iter().map(load).collect()
}

/// The rows of one symbol of one file, as [`SymbolPart`], in memory or not.
struct Part {
    written: Option<String>,
    rows: Held<RawRows>,
    notes: Vec<String>,
}

/// Parts of one symbol on their way to the checks.
#[derive(Default)]
struct Symbol {
    written: Option<String>,
    parts: Vec<Held<RawRows>>,
    notes: Vec<String>,
    broken: Option<Error>,
}

impl Symbol {
    fn add(&mut self, part: Part) {
        if let (Some(one), Some(other)) = (&self.written, &part.written)
            && one != other
        {
            let problem = format!(
                "holds the symbol {other:?}, a file before it {one:?}, which both would be called the same: name the files as SYMBOL=FILE"
            );
            self.broken = Some(Error::layout(&part.rows.bare().source.file, problem));
        }
        self.written = part.written.or(self.written.take());
        self.parts.push(part.rows);
        for note in part.notes {
            if !self.notes.contains(&note) {
                self.notes.push(note);
            }
        }
    }

    fn check(
        self,
        raw: &Spill,
        name: &str,
        funding: Option<&Path>,
        (options, close_only): (&CheckOptions, bool),
        published: Option<&Series<'_>>,
    ) -> Result<(OwnedSeries, SymbolReport)> {
        if let Some(error) = self.broken {
            return Err(error);
        }
        let funded = funding.is_some() || published.is_some_and(|s| !s.funding.is_empty());
        let kind = Kind { funded, close_only };
        let parts = self.parts.into_iter().map(|part| raw.take(part)).collect::<Result<Vec<_>>>()?;
        let (mut series, mut report) = check(name, parts, options, kind, published)?;
        report.notes.splice(0..0, self.notes);
        if let Some(path) = funding {
            let (stamps, notes) = read_funding_file(path, options.repair)?;
            report.notes.extend(notes);
            let inside = |s: &FundingStamp| s.time_ms >= report.from_ms && s.time_ms <= report.to_ms;
            if !stamps.iter().any(inside) {
                return Err(Error::layout(path, format!("has no funding stamp inside the bars of {name}")));
            }
            let there = published.map_or(&[][..], |s| s.funding);
            series.funding = join_funding(name, there, &stamps)?;
            report.funding_stamps = series.funding.len() as u64;
        }
        Ok((series, report))
    }
}

fn read_with_retries(plan: &ImportPlan, file: usize, observer: Observer<'_>) -> Result<FileRows> {
    let path = &plan.inputs[file].path;
    let mut attempt = 0;
    loop {
        observer(ImportEvent::Started { file });
        let report = |done, total| observer(ImportEvent::Progress { file, done, total });
        match read_file(path, &plan.load.read, &report) {
            Ok(rows) => {
                let count = rows.symbols.iter().map(|(_, r)| r.len() as u64).sum();
                observer(ImportEvent::Read { file, rows: count });
                return Ok(rows);
            }
            Err(error) if error.kind() == ErrorKind::Io && attempt < plan.retries => {
                attempt += 1;
                observer(ImportEvent::Retry { file, attempt, error: &error });
                // Network file systems recover within seconds: 0.2, 0.4, 0.8 s, ...
                std::thread::sleep(std::time::Duration::from_millis(100 << attempt.min(6)));
            }
            Err(error) => {
                observer(ImportEvent::FileFailed { file, error: &error });
                return Err(error);
            }
        }
    }
}

fn fits_beside(first: Option<&Held<OwnedSeries>>, held: &Held<OwnedSeries>, spill: &Spill) -> Result<()> {
    let (Some(first), series) = (first, held.bare()) else { return Ok(()) };
    let bare = first.bare();
    if bare.interval_ms != series.interval_ms {
        let show = |ms| Interval::from_ms(ms).map_or_else(String::new, |i| i.to_string());
        let problem = format!(
            "has bars of {}, {} has bars of {}: a dataset has one interval",
            show(series.interval_ms),
            bare.symbol,
            show(bare.interval_ms)
        );
        return Err(Error::series(&series.symbol, problem));
    }
    if series.interval_ms < DAY_MS {
        return Ok(());
    }
    first.look(spill, |first| held.look(spill, |series| check_days(first, series)))??
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_on_disk_is_the_same_dataset() {
        let dir = tempfile::tempdir().unwrap();
        let file = |name: &str, step: i64| {
            let row = |i: i64| {
                format!("{},{i}.5,{}.25,{}.1,{i}.75,{}\n", 1_700_000_040_000 + i * step, i + 1, i - 1, i % 7)
            };
            let text: String = (10..400).map(row).collect();
            let path = dir.path().join(name);
            std::fs::write(&path, format!("time,open,high,low,close,volume\n{text}")).unwrap();
            Input::new(path)
        };
        let inputs: Vec<Input> =
            ["C", "A", "B"].iter().map(|name| file(&format!("{name}.csv"), 86_400_000)).collect();
        let import = |data: &str, kept_rows: usize| {
            let plan = ImportPlan {
                inputs: inputs.clone(),
                data_dir: dir.path().join(data),
                dataset: "x".to_owned(),
                load: LoadOptions::default(),
                threads: 2,
                retries: 0,
                partial: true,
                append: false,
            };
            let summary = import_with(&plan, &|_| (), kept_rows).unwrap();
            assert!(summary.failed.is_empty(), "{:?}", summary.failed);
            let dataset = Dataset::open(&dir.path().join(data), "x", None).unwrap();
            let rows: Vec<OwnedSeries> = dataset.iter().map(|s| s.to_owned()).collect();
            (dataset.digest().to_owned(), rows, summary.symbols)
        };
        let kept = import("kept", usize::MAX);
        for rows in [0, 400, 1000] {
            assert_eq!(import(&format!("spilled-{rows}"), rows), kept, "{rows}");
        }
    }
}
