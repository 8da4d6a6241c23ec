//! The progress of an import as log lines.

use std::sync::atomic::{AtomicU64, Ordering};

use galapagos_market::ImportEvent;
use galapagos_market::ImportPlan;

use super::fetch::FetchEvent;
use crate::process::exit::with_causes;

/// A line for every hundredth page of an exchange, and for each wait.
pub(super) fn fetching(event: &FetchEvent<'_>) {
    match event {
        FetchEvent::Pages { symbol, done, total } if done == total || done % 100 == 0 => {
            tracing::info!(symbol, pages = done, of = total, "fetched");
        }
        FetchEvent::Pages { .. } => {}
        FetchEvent::Waits { symbol, host, problem, wait } => {
            tracing::warn!(symbol, host, problem, seconds = wait.as_secs_f64(), "asks again");
        }
    }
}

/// A line for each file that is read, for each quarter of it, for each symbol, and for everything that is refused.
pub(super) struct Lines {
    names: Vec<String>,
    quarters: Vec<AtomicU64>,
}

impl Lines {
    pub(super) fn new(plan: &ImportPlan) -> Lines {
        let names: Vec<String> = plan.inputs.iter().map(|i| i.path.display().to_string()).collect();
        let quarters = names.iter().map(|_| AtomicU64::new(0)).collect();
        Lines { names, quarters }
    }

    /// Takes an event, from any thread.
    pub(super) fn event(&self, event: &ImportEvent<'_>) {
        match event {
            ImportEvent::Started { file } => tracing::debug!(file = self.names[*file], "reading"),
            ImportEvent::Progress { file, done, total } => {
                let quarter = done.saturating_mul(4) / (*total).max(1);
                // The whole is reported with its rows.
                if quarter < 4 && self.quarters[*file].fetch_max(quarter, Ordering::Relaxed) < quarter {
                    tracing::info!(file = self.names[*file], percent = quarter * 25, "reading");
                }
            }
            ImportEvent::Retry { file, attempt, error } => {
                tracing::warn!(file = self.names[*file], attempt, error = with_causes(error), "read again");
            }
            ImportEvent::Read { file, rows } => tracing::info!(file = self.names[*file], rows, "read"),
            ImportEvent::FileFailed { file, error } => {
                tracing::error!(file = self.names[*file], error = with_causes(error), "refused");
            }
            ImportEvent::Checked { report } => {
                let (missing, outliers) = (report.gaps.missing_bars, report.outliers);
                tracing::info!(symbol = report.symbol, bars = report.rows, missing, outliers, "checked");
                for note in &report.notes {
                    tracing::info!(symbol = report.symbol, note, "note");
                }
            }
            ImportEvent::SymbolFailed { symbol, error } => {
                tracing::error!(symbol, error = with_causes(error), "refused");
            }
        }
    }
}
