//! How far a fetch is: a bar for each symbol at a terminal, log lines elsewhere.

use crate::terminal::{BARS, is_watched};
use galapagos_worker::import::fetch::FetchEvent;
use indicatif::{ProgressBar, ProgressStyle};

/// The bars of one fetch.
pub struct Watch {
    names: Vec<String>,
    bars: Vec<ProgressBar>,
}

impl Watch {
    /// Starts the bars of symbols of these names.
    pub fn start(names: Vec<String>) -> Watch {
        let style = ProgressStyle::with_template("{prefix:20!} {bar:24} {pos}/{len} pages  {msg}");
        let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
        let bars = if is_watched() { names.as_slice() } else { &[] };
        let bar =
            |name: &String| BARS.add(ProgressBar::new(1)).with_style(style.clone()).with_prefix(name.clone());
        Watch { bars: bars.iter().map(bar).collect(), names }
    }

    /// Takes an event.
    pub fn event(&self, event: &FetchEvent<'_>) {
        match event {
            FetchEvent::Pages { symbol, done, total } => match self.bars.get(*symbol) {
                Some(bar) => {
                    bar.set_length(*total as u64);
                    bar.set_position(*done as u64);
                    bar.set_message("");
                }
                None if done == total || done % 100 == 0 => {
                    tracing::info!(symbol = self.names[*symbol], pages = done, of = total, "fetched");
                }
                None => {}
            },
            FetchEvent::Waits { symbol, host, problem, wait } => {
                let seconds = wait.as_secs_f64();
                match self.bars.get(*symbol) {
                    Some(bar) => bar.set_message(format!("{host} {problem}: again in {seconds:.0} s")),
                    None => {
                        tracing::warn!(symbol = self.names[*symbol], host, problem, seconds, "asks again")
                    }
                }
            }
        }
    }

    /// Removes the bars from the terminal.
    pub fn finish(self) {
        for bar in self.bars {
            bar.finish_and_clear();
        }
    }
}
