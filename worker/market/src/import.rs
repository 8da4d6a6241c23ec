//! Importing: files in, one checked and published dataset out. Files are read and symbols are checked in
//! parallel, each with its own state; one that fails does not lose the others.

use crate::arriving::Symbol;
use crate::before::Before;
use crate::check::SymbolReport;
use crate::dataset::Dataset;
use crate::days::check_days;
use crate::error::{Error, ErrorKind, Result};
use crate::names::{DAY_MS, Interval, check_dataset_name, to_symbol};
use crate::owners::{by_symbol, match_funding};
use crate::parallel;
use crate::plan::{ImportEvent, ImportFailure, ImportPlan, ImportSummary, Input, LoadOptions, Observer};
use crate::publish::{Origin, Rows, publish_rows};
use crate::read::read_file;
use crate::rows::FileRows;
use crate::series::{OwnedSeries, Series};
use crate::series_blocks::SeriesBlocks;
use crate::spill::{KEPT_ROWS, Spill};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

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
    let spill = || Arc::new(Spill::new(&plan.data_dir, kept_rows));
    let (raw, checked_rows) = (spill(), spill());
    let read = parallel::run(plan.threads, plan.inputs.len(), |file| {
        let rows = read_with_retries(plan, file, &raw, observer)?;
        by_symbol(&plan.inputs[file], rows)
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
    let slots: Vec<Mutex<Option<Symbol>>> = symbols.into_values().map(|s| Mutex::new(Some(s))).collect();
    let checked = parallel::run(plan.threads, slots.len(), |i| {
        let taken = slots[i].lock().unwrap_or_else(|e| e.into_inner()).take().unwrap_or_default();
        let series = funding.get(&names[i]).map(PathBuf::as_path);
        let before = published(&names[i]);
        let result = taken.check(&checked_rows, &names[i], series, (&options, close_only), before.as_ref());
        match &result {
            Ok((_, report)) => observer(ImportEvent::Checked { report }),
            Err(error) => observer(ImportEvent::SymbolFailed { symbol: &names[i], error }),
        }
        result
    });
    let (mut series, mut reports): (Vec<SeriesBlocks>, Vec<SymbolReport>) = (Vec::new(), Vec::new());
    for (name, result) in names.into_iter().zip(checked) {
        let result = result.and_then(|(s, r)| fits_beside(series.first(), &s).map(|()| (s, r)));
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
    let published = match series.first().and_then(|s| Interval::from_ms(s.interval_ms)) {
        None => None,
        Some(_) if refused => None,
        Some(interval) => {
            let mut rows: Vec<Rows<'_>> = series.iter().zip(&reports).map(|(s, r)| Rows::of(s, r)).collect();
            let stay = |s: &Series<'_>| !series.iter().any(|new| new.symbol == s.symbol);
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
    let memory = Spill::memory();
    for (name, part) in by_symbol(input, read_file(&input.path, &options.read, &memory, &|_, _| ())?)? {
        symbols.entry(name).or_default().add(part);
    }
    let funding = match_funding(&options.funding, &symbols)?;
    let close_only = options.read.columns.is_close_only();
    let load = |(name, symbol): (String, Symbol)| {
        let series = funding.get(&name).map(PathBuf::as_path);
        let (series, report) = symbol.check(&memory, &name, series, (&options.check, close_only), None)?;
        Ok((series.into_owned()?, report))
    };
    symbols.into_iter().map(load).collect()
}

fn read_with_retries(
    plan: &ImportPlan,
    file: usize,
    raw: &Arc<Spill>,
    observer: Observer<'_>,
) -> Result<FileRows> {
    let path = &plan.inputs[file].path;
    let mut attempt = 0;
    loop {
        observer(ImportEvent::Started { file });
        let report = |done, total| observer(ImportEvent::Progress { file, done, total });
        match read_file(path, &plan.load.read, raw, &report) {
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

/// Whether a series may stand in one dataset with the first.
fn fits_beside(first: Option<&SeriesBlocks>, series: &SeriesBlocks) -> Result<()> {
    let Some(first) = first else { return Ok(()) };
    if first.interval_ms != series.interval_ms {
        let show = |ms| Interval::from_ms(ms).map_or_else(String::new, |i| i.to_string());
        let problem = format!(
            "has bars of {}, {} has bars of {}: a dataset has one interval",
            show(series.interval_ms),
            first.symbol,
            show(first.interval_ms)
        );
        return Err(Error::series(&series.symbol, problem));
    }
    if series.interval_ms < DAY_MS {
        return Ok(());
    }
    check_days((&first.symbol, &first.times()?), (&series.symbol, &series.times()?))
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
