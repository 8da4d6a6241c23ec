//! How far an import is: at a terminal a bar for each file, or one for many, and log lines elsewhere.

use crate::alike::MANY;
use crate::table::thousands;
use crate::terminal;
use crate::terminal::{BARS, is_watched};
use galapagos_run::market::ImportEvent;
use galapagos_run::market::ImportPlan;
use galapagos_worker::process::exit::with_causes;
use indicatif::{ProgressBar, ProgressStyle};

/// The bars of one import.
pub struct Watch {
    names: Vec<String>,
    bars: Vec<ProgressBar>,
    /// One bar of all files, where there are too many for one each.
    all: Option<ProgressBar>,
}

impl Watch {
    /// Starts the bars of an import, or its log lines.
    pub fn start(plan: &ImportPlan) -> Watch {
        let name = |input: &galapagos_run::market::Input| {
            let file = input.path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
            input.symbol.clone().unwrap_or(file)
        };
        let names: Vec<String> = plan.inputs.iter().map(name).collect();
        let style = ProgressStyle::with_template("{prefix:20!} {bar:24} {percent:>3} %  {msg}");
        let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
        let bars = if is_watched() && names.len() <= MANY { names.as_slice() } else { &[] };
        let bar =
            |name: &String| BARS.add(ProgressBar::new(1)).with_style(style.clone()).with_prefix(name.clone());
        let all = (is_watched() && names.len() > MANY).then(|| {
            let style = ProgressStyle::with_template("{bar:24} {pos} of {len} files  {msg}  {eta}");
            let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
            BARS.add(ProgressBar::new(names.len() as u64)).with_style(style)
        });
        Watch { bars: bars.iter().map(bar).collect(), names, all }
    }

    /// A file is done with: one bar counts it.
    fn done(&self, file: usize) {
        if let Some(all) = &self.all {
            all.set_message(self.names[file].clone());
            all.inc(1);
        }
    }

    /// Takes an event, from any thread.
    pub fn event(&self, event: &ImportEvent<'_>) {
        match event {
            ImportEvent::Started { .. } => {}
            ImportEvent::Progress { file, done, total } => {
                if let Some(bar) = self.bars.get(*file) {
                    bar.set_length(*total);
                    bar.set_position(*done);
                }
            }
            ImportEvent::Retry { file, attempt, error } => {
                tracing::warn!(file = self.names[*file], attempt, error = with_causes(error), "read again");
            }
            ImportEvent::Read { file, rows } => match self.bars.get(*file) {
                _ if self.all.is_some() => self.done(*file),
                Some(bar) => {
                    bar.set_position(bar.length().unwrap_or(1));
                    bar.set_message(format!("{} rows", thousands(i128::from(*rows))));
                }
                // A line for each of a thousand files says nothing.
                None if self.names.len() > MANY => tracing::debug!(file = self.names[*file], rows, "read"),
                None => tracing::info!(file = self.names[*file], rows, "read"),
            },
            ImportEvent::FileFailed { file, error } => {
                if let Some(bar) = self.bars.get(*file) {
                    bar.abandon_with_message("failed");
                }
                self.done(*file);
                // The end of the command says it.
                tracing::debug!(file = self.names[*file], error = with_causes(error), "refused");
            }
            ImportEvent::Checked { report } => {
                if !self.bars.is_empty() {
                    terminal::note(&format!(
                        "{}: {} bars",
                        report.symbol,
                        thousands(i128::from(report.rows))
                    ));
                }
            }
            ImportEvent::SymbolFailed { symbol, error } => {
                tracing::debug!(symbol, error = with_causes(error), "refused");
            }
        }
    }

    /// Removes the bars from the terminal.
    pub fn finish(self) {
        for bar in self.bars.into_iter().chain(self.all) {
            bar.finish_and_clear();
        }
    }
}
