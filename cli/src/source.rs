//! `marketData.source`: a dataset that does not exist yet is imported first.

use crate::commands::import::{cores, execute_plan, failures};
use crate::data_errors;
use crate::exit::{Failure, Outcome};
use galapagos_crds::{CalendarType, MarketData};
use galapagos_worker::market::{
    Calendar, CheckOptions, ImportPlan, Input, Interval, LoadOptions, ReadOptions, catalogue,
};
use std::path::Path;

/// Imports the job's source if there is no version of its dataset.
pub fn import_if_absent(data: &MarketData, data_dir: &Path) -> Outcome {
    let Some(source) = &data.source else { return Ok(()) };
    let there =
        catalogue::list(data_dir).is_ok_and(|all| all.iter().any(|v| v.dataset == data.dataset && v.latest));
    if there {
        return Ok(());
    }
    let Some(path) = &source.path else {
        let text = format!(
            "dataset {} is not in {}, and marketData.source.http is for clusters: download the file and import it, as \
             galapagos import FILE --dataset {} --interval {}",
            data.dataset,
            data_dir.display(),
            data.dataset,
            data.interval
        );
        return Err(Failure::invalid(text));
    };
    let calendar = data.calendar.as_ref().map(|c| match (c.type_, c.bars_per_year) {
        (CalendarType::Sessions, Some(bars_per_year)) => Calendar::Sessions { bars_per_year },
        _ => Calendar::Continuous,
    });
    let check = CheckOptions {
        interval: Some(Interval::parse(&data.interval).map_err(data_errors::blame)?),
        calendar,
        max_gap_share: source.gaps.max_share.to_f64(),
        repair: false,
    };
    tracing::info!(dataset = data.dataset, path, "the dataset does not exist yet: importing it");
    let plan = ImportPlan {
        inputs: inputs(&data_dir.join(path), &data.symbols)?,
        data_dir: data_dir.to_owned(),
        dataset: data.dataset.clone(),
        load: LoadOptions { read: ReadOptions::default(), check, funding: Vec::new() },
        threads: cores(),
        retries: 2,
    };
    failures(&execute_plan(&plan)?)
}

/// The file, or every file of the folder. A single file of a job with one symbol is that symbol's.
fn inputs(path: &Path, symbols: &[String]) -> Outcome<Vec<Input>> {
    let missing = |e: std::io::Error| {
        Failure::Invalid(anyhow::Error::new(e).context(format!("marketData.source.path: {}", path.display())))
    };
    if !std::fs::metadata(path).map_err(missing)?.is_dir() {
        return Ok(vec![match symbols {
            [only] => Input::of(only, path),
            _ => Input::new(path),
        }]);
    }
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path).map_err(missing)? {
        let entry = entry.map_err(missing)?;
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        if !hidden && entry.path().is_file() {
            files.push(entry.path());
        }
    }
    files.sort();
    if files.is_empty() {
        return Err(Failure::invalid(format!("marketData.source.path: {} has no files", path.display())));
    }
    Ok(files.into_iter().map(Input::new).collect())
}
