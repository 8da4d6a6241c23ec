//! `galapagos export --to`: results to other places, each whole or not at all.

use crate::exit::{CommandError, CommandResult};
use crate::table::thousands;
use crate::terminal::{self, BARS, is_watched};
use galapagos_delivery::catch_up::{CatchUp, Event};
use galapagos_delivery::destination::Destination;
use galapagos_delivery::error::DeliveryError;
use galapagos_delivery::finished::below;
use galapagos_delivery::sink::Watch;
use indicatif::{ProgressBar, ProgressStyle};
use std::cell::RefCell;
use std::path::{Path, PathBuf};

/// Delivers every finished run of `results` to every destination. A destination or a result that fails stops none of the
/// others; the error at the end is that of the first.
pub fn deliver(results: &[String], to: &[String]) -> CommandResult {
    let destinations: Vec<Destination> =
        to.iter().map(|text| text.parse()).collect::<Result<_, DeliveryError>>().map_err(blame)?;
    let mut folders: Vec<PathBuf> = Vec::new();
    for path in results {
        for folder in below(Path::new(path)).map_err(blame)? {
            if !folders.contains(&folder) {
                folders.push(folder);
            }
        }
    }
    let (mut failed, mut first) = (0, None);
    for destination in destinations {
        let mut catch_up = CatchUp::new(destination);
        let (name, bar) = (catch_up.name(), Bar::default());
        let mut printed = Ok(());
        let standing = catch_up.pass(&folders, &bar, &|| false, &mut |event| {
            bar.ends();
            match event {
                Event::Delivered(run) => {
                    let line = format!("{} -> {name}: {}\n", run.name(), run.document.result_digest);
                    printed = std::mem::replace(&mut printed, Ok(())).and_then(|()| terminal::print(&line));
                }
                Event::Failed(error) => {
                    failed += 1;
                    match first {
                        None => first = Some(error),
                        // The first is told at the end.
                        Some(_) => terminal::note(&format!("error: {:#}", anyhow::Error::new(error))),
                    }
                }
            }
        });
        printed?;
        let there = if standing.present > 0 {
            format!(", {} already there", thousands(standing.present))
        } else {
            String::new()
        };
        terminal::note(&format!("{name}: {} delivered{there}", thousands(standing.delivered)));
    }
    match first {
        None => Ok(()),
        Some(error) => {
            if failed > 1 {
                terminal::note(&format!(
                    "{failed} deliveries failed; the same command again tries those alone"
                ));
            }
            Err(blame(error))
        }
    }
}

/// How far a delivery is, at a terminal.
#[derive(Default)]
struct Bar(RefCell<Option<ProgressBar>>);

impl Bar {
    fn ends(&self) {
        if let Some(bar) = self.0.take() {
            bar.finish_and_clear();
        }
    }
}

impl Watch for Bar {
    fn begins(&self, job: &str, units: u64) {
        if is_watched() {
            let style = ProgressStyle::with_template("{prefix} {bar:24} {percent:>3} %  {eta}");
            let bar = BARS.add(ProgressBar::new(units));
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.set_prefix(job.to_owned());
            *self.0.borrow_mut() = Some(bar);
        }
    }

    fn advances(&self, units: u64) {
        if let Some(bar) = self.0.borrow().as_ref() {
            bar.inc(units);
        }
    }
}

/// Whose fault it is.
pub fn blame(error: DeliveryError) -> CommandError {
    if error.is_invalid() {
        CommandError::Invalid(error.into())
    } else {
        CommandError::Internal(error.into())
    }
}
