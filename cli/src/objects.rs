//! Files in object storage, as verbs that read market data take them: `s3://BUCKET/KEY` or `SYMBOL=s3://BUCKET/KEY`. They are copied
//! into a temporary folder and read there; what is said of them names where they came from.

use crate::delivery::blame;
use crate::exit::{Blame, CommandError, CommandResult, INTERRUPTED};
use crate::terminal::{BARS, is_watched};
use galapagos_delivery::objects::{Objects, SCHEME};
use indicatif::{ProgressBar, ProgressStyle};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use tempfile::TempDir;

/// Copies of objects; they go when this is dropped, or when somebody interrupts the process.
#[derive(Debug, Default)]
pub struct Copies(Option<TempDir>);

/// The symbol and the address, if this names objects.
fn address(text: &str) -> Option<(Option<&str>, &str)> {
    if text.starts_with(SCHEME) {
        return Some((None, text));
    }
    let (symbol, rest) = text.split_once('=')?;
    rest.starts_with(SCHEME).then_some((Some(symbol), rest))
}

impl Copies {
    /// Copies what of `texts` lies in object storage, and puts the copies in its place: one text for each object.
    ///
    /// # Errors
    /// An address is wrong, or the server refuses or cannot be reached.
    pub fn fetch(&mut self, texts: &[String]) -> CommandResult<Vec<String>> {
        let mut out = Vec::new();
        for text in texts {
            let Some((symbol, address)) = address(text) else {
                out.push(text.clone());
                continue;
            };
            let objects = Objects::find(address).map_err(blame)?;
            let bar = bar(address, objects.found.iter().map(|object| object.bytes).sum());
            for object in &objects.found {
                let copy = objects.copy(object, self.folder()?, &|bytes| {
                    if let Some(bar) = &bar {
                        bar.inc(bytes);
                    }
                });
                let path = copy.map_err(blame)?.display().to_string();
                out.push(symbol.map_or(path.clone(), |symbol| format!("{symbol}={path}")));
            }
            if let Some(bar) = bar {
                bar.finish_and_clear();
            }
        }
        Ok(out)
    }

    fn folder(&mut self) -> CommandResult<&std::path::Path> {
        if self.0.is_none() {
            let folder = tempfile::Builder::new().prefix("galapagos-import-").tempdir().internal()?;
            let path = folder.path().to_owned();
            let mut signals = Signals::new([SIGINT, SIGTERM]).internal()?;
            std::thread::spawn(move || {
                if signals.forever().next().is_some() {
                    let _ = std::fs::remove_dir_all(path);
                    std::process::exit(i32::from(INTERRUPTED));
                }
            });
            self.0 = Some(folder);
        }
        Ok(self.0.as_ref().map_or(std::path::Path::new("."), TempDir::path))
    }

    /// A text with the addresses of objects in place of their copies.
    pub fn named(&self, text: &str) -> String {
        let Some(folder) = &self.0 else { return text.to_owned() };
        // Each copy lies below a number.
        let numbers = std::fs::read_dir(folder.path()).into_iter().flatten().flatten();
        numbers.fold(text.to_owned(), |text, number| {
            text.replace(&format!("{}/", number.path().display()), SCHEME)
        })
    }

    /// The same in an error.
    pub fn blamed(&self, error: CommandError) -> CommandError {
        if self.0.is_none() {
            return error;
        }
        match error {
            CommandError::Invalid(e) => CommandError::invalid(self.named(&format!("{e:#}"))),
            CommandError::Internal(e) => {
                CommandError::Internal(anyhow::Error::msg(self.named(&format!("{e:#}"))))
            }
            other => other,
        }
    }
}

fn bar(address: &str, bytes: u64) -> Option<ProgressBar> {
    if !is_watched() {
        tracing::info!(address, bytes, "copying");
        return None;
    }
    let style = ProgressStyle::with_template("{prefix} {bar:24} {bytes}/{total_bytes}  {eta}");
    let bar = BARS.add(ProgressBar::new(bytes));
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.set_prefix(address.to_owned());
    Some(bar)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_has_a_symbol_before_it_or_none() {
        assert_eq!(address("s3://b/k.csv"), Some((None, "s3://b/k.csv")));
        assert_eq!(address("BTC=s3://b/k.csv"), Some((Some("BTC"), "s3://b/k.csv")));
        // A sign of equality in a key belongs to it.
        assert_eq!(address("s3://b/day=1/k.csv"), Some((None, "s3://b/day=1/k.csv")));
        assert_eq!(address("BTC=k.csv"), None);
        assert_eq!(address("k.csv"), None);
    }
}
