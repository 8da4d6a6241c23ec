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
    use crate::check::CheckOptions;
    use crate::digest::dataset_digest;
    use crate::names::Interval;
    use std::path::Path;

    /// 2023-11-15, in UTC.
    const FIRST_DAY: i64 = 1_700_006_400_000;

    /// Row `i`, counted in `step`s.
    fn row(i: i64, step: i64) -> String {
        let time = FIRST_DAY + i * step;
        format!("{time},{i}.5,{}.25,{}.1,{i}.75,{}\n", i + 1, i - 1, i % 7)
    }

    fn file(path: &Path, rows: impl Iterator<Item = i64>, step: i64) -> Input {
        let text: String = rows.map(|i| row(i, step)).collect();
        std::fs::write(path, format!("time,open,high,low,close,volume\n{text}")).unwrap();
        Input::for_symbol("A", path)
    }

    /// The same rows, made without any file.
    fn expected(rows: std::ops::Range<i64>, step: i64) -> String {
        let column = |value: fn(i64) -> i64| rows.clone().map(value).collect::<Vec<i64>>();
        let series = OwnedSeries {
            symbol: "A".to_owned(),
            decimals: 2,
            interval_ms: step,
            time_ms: rows.clone().map(|i| FIRST_DAY + i * step).collect(),
            open: column(|i| 100 * i + 50),
            high: column(|i| 100 * (i + 1) + 25),
            low: column(|i| 100 * (i - 1) + 10),
            close: column(|i| 100 * i + 75),
            volume: Some(rows.clone().map(|i| (i % 7) as f64).collect()),
            funding: Vec::new(),
        };
        dataset_digest(step, &[series.as_series()])
    }

    fn plan(data_dir: PathBuf, inputs: Vec<Input>) -> ImportPlan {
        let check = CheckOptions { repair: true, ..CheckOptions::default() };
        ImportPlan {
            inputs,
            data_dir,
            dataset: "x".to_owned(),
            load: LoadOptions { check, ..LoadOptions::default() },
            threads: 2,
            retries: 0,
            partial: true,
            append: false,
        }
    }

    fn digest(plan: &ImportPlan, kept_rows: usize) -> String {
        let summary = import_with(plan, &|_| (), kept_rows).unwrap();
        assert!(summary.failed.is_empty(), "{:?}", summary.failed);
        summary.published.unwrap().digest
    }

    #[test]
    fn what_waits_on_disk_is_the_same_dataset() {
        let dir = tempfile::tempdir().unwrap();
        let inputs: Vec<Input> = ["C", "A", "B"]
            .iter()
            .map(|name| {
                let path = dir.path().join(format!("{name}.csv"));
                Input { symbol: None, ..file(&path, 10..400, DAY_MS) }
            })
            .collect();
        let import = |data: &str, kept_rows: usize| {
            let plan = plan(dir.path().join(data), inputs.clone());
            let summary = import_with(&plan, &|_| (), kept_rows).unwrap();
            let dataset = Dataset::open(&dir.path().join(data), "x", None).unwrap();
            let rows: Vec<OwnedSeries> = dataset.iter().map(|s| s.to_owned()).collect();
            (dataset.digest().to_owned(), rows, summary.symbols)
        };
        let kept = import("kept", usize::MAX);
        for rows in [0, 400, 1000] {
            assert_eq!(import(&format!("spilled-{rows}"), rows), kept, "{rows}");
        }
    }

    #[test]
    fn rows_of_many_blocks_are_joined_in_every_order_as_if_they_were_one() {
        let dir = tempfile::tempdir().unwrap();
        let (step, path) = (60_000, |name: &str| dir.path().join(name));
        let whole = expected(10..1000, step);
        let layouts = [
            vec![file(&path("rising.csv"), 10..1000, step)],
            vec![file(&path("falling.csv"), (10..1000).rev(), step)],
            // Parts that follow each other, that overlap by equal rows, and that take turns.
            vec![file(&path("second.csv"), 500..1000, step), file(&path("first.csv"), 10..500, step)],
            vec![file(&path("long.csv"), 10..700, step), file(&path("late.csv"), (600..1000).rev(), step)],
            vec![
                file(&path("even.csv"), (10..1000).step_by(2), step),
                file(&path("odd.csv"), (11..1000).step_by(2), step),
            ],
        ];
        for (at, inputs) in layouts.into_iter().enumerate() {
            for kept_rows in [0, 300, usize::MAX] {
                let plan = plan(path(&format!("data-{at}-{kept_rows}")), inputs.clone());
                assert_eq!(digest(&plan, kept_rows), whole, "{at} with {kept_rows}");
            }
        }
    }

    #[test]
    fn many_blocks_grow_by_others_and_become_longer_bars() {
        let dir = tempfile::tempdir().unwrap();
        let step = 60_000;
        let mut plan = plan(dir.path().join("data"), Vec::new());
        plan.append = true;
        for (name, rows) in [("a.csv", 10..400), ("c.csv", 700..1000), ("b.csv", 390..710)] {
            plan.inputs = vec![file(&dir.path().join(name), rows, step)];
            digest(&plan, 100);
        }
        assert_eq!(Dataset::latest(&plan.data_dir, "x").unwrap(), expected(10..1000, step));
        plan.append = false;
        plan.dataset = "longer".to_owned();
        plan.inputs = vec![file(&dir.path().join("minutes.csv"), 60..960, step)];
        plan.load.check.resample = Interval::parse("30m").ok();
        let digests = [0, usize::MAX].map(|kept_rows| digest(&plan, kept_rows));
        assert_eq!(digests[0], digests[1]);
        let dataset = Dataset::open(&plan.data_dir, "longer", None).unwrap();
        let series = dataset.symbol("A").unwrap();
        assert_eq!((series.len(), series.time_ms[1]), (30, FIRST_DAY + 90 * step));
        // The first open, the highest high, the lowest low, the last close and all volumes of minutes 90 to 119.
        let volume: i64 = (90..120).map(|i| i % 7).sum();
        assert_eq!(
            (series.open[1], series.high[1], series.low[1], series.close[1], series.volume.unwrap()[1]),
            (9_050, 12_025, 8_910, 11_975, volume as f64)
        );
    }
}
