//! The calendar of a job whose manifest has none: what its dataset suggested when the job began. It is kept with the
//! job, since whoever imports the same bars again may suggest another, and a run cannot go on with that.

use std::path::Path;

use galapagos_crds::{Calendar, CalendarType, EvolutionJob};

use crate::storage::{StorageError, atomic};

/// On the wire: bars of a year, 0 for a market that never closes.
pub fn to_wire(calendar: &Calendar) -> u32 {
    calendar.bars_per_year.unwrap_or(0)
}

/// Writes a calendar from the wire into a manifest that has none.
pub fn put_into(manifest: &mut EvolutionJob, bars_per_year: Option<u32>) {
    let own = &mut manifest.spec.market_data.calendar;
    if own.is_none() {
        *own = bars_per_year.map(|n| match n {
            0 => Calendar { type_: CalendarType::Continuous, bars_per_year: None },
            n => Calendar { type_: CalendarType::Sessions, bars_per_year: Some(n) },
        });
    }
}

/// Writes the calendar that an earlier attempt has kept into a manifest that has none. A file that cannot be read
/// counts as none: the dataset's suggestion is used as at first.
pub fn recall(manifest: &mut EvolutionJob, file: &Path) {
    if manifest.spec.market_data.calendar.is_none() {
        let kept = std::fs::read(file).ok();
        manifest.spec.market_data.calendar = kept.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    }
}

/// Keeps the calendar of a resolved manifest for later attempts.
///
/// # Errors
/// The file cannot be written.
pub fn keep(resolved: &EvolutionJob, file: &Path) -> Result<(), StorageError> {
    let Some(calendar) = &resolved.spec.market_data.calendar else { return Ok(()) };
    let bytes = serde_json::to_vec(calendar).map_err(StorageError::json(file))?;
    atomic::write(file, &bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(calendar: &str) -> EvolutionJob {
        let text = format!(
            "apiVersion: galapagos.dev/v1alpha1
kind: EvolutionJob
metadata: {{name: demo}}
spec:
  marketData: {{dataset: walk, symbols: [AAA], interval: 1d{calendar}}}
  strategies: [{{name: sma_crossover}}]
  population: {{size: 20, seed: 7}}
  execution: {{takerFee: \"0.001\", slippage: \"0.0002\"}}
"
        );
        serde_yaml::from_str(&text).unwrap()
    }

    #[test]
    fn a_calendar_that_was_kept_is_recalled_by_a_manifest_without_one_only() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("calendar-1.json");
        let (none, own) = (job(""), job(", calendar: {type: Continuous}"));
        let mut asked = none.clone();
        recall(&mut asked, &file);
        assert_eq!(asked, none, "nothing was kept");
        let kept = job(", calendar: {type: Sessions, barsPerYear: 252}");
        keep(&kept, &file).unwrap();
        recall(&mut asked, &file);
        assert_eq!(asked, kept);
        let mut other = own.clone();
        recall(&mut other, &file);
        assert_eq!(other, own);
        std::fs::write(&file, b"{").unwrap();
        let mut damaged = none.clone();
        recall(&mut damaged, &file);
        assert_eq!(damaged, none);
    }

    #[test]
    fn a_calendar_crosses_the_wire() {
        for calendar in [", calendar: {type: Sessions, barsPerYear: 252}", ", calendar: {type: Continuous}"] {
            let sent = job(calendar);
            let mut met = job("");
            put_into(&mut met, sent.spec.market_data.calendar.as_ref().map(to_wire));
            assert_eq!(met, sent);
        }
        let mut older = job("");
        put_into(&mut older, None);
        assert_eq!(older, job(""));
    }
}
