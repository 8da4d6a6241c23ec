//! Brings destinations up to what has ended: once, or again and again.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use galapagos_run::storage::run_folder::MARK;

use crate::destination::Destination;
use crate::error::DeliveryError;
use crate::finished::{Finished, digest_of};
use crate::sink::{Outcome, Sink, Watch};

/// What happens meanwhile.
#[derive(Debug)]
pub enum Event<'a> {
    /// A result was delivered now.
    Delivered(&'a Finished),
    /// A result, or a whole destination, failed.
    Failed(DeliveryError),
}

/// One destination and what is known to be there.
#[derive(Debug)]
pub struct CatchUp {
    destination: Destination,
    /// Folders of results with the digest that each had.
    known: HashSet<(PathBuf, String)>,
}

/// How a destination stands after a pass.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Standing {
    /// Results that were delivered in this pass.
    pub delivered: u64,
    /// Results that were there before it.
    pub present: u64,
    /// Results that are not there yet.
    pub pending: u64,
    /// How long the oldest of those has been waiting.
    pub lag: Duration,
}

impl CatchUp {
    /// Nothing is known yet.
    pub fn new(destination: Destination) -> CatchUp {
        CatchUp { destination, known: HashSet::new() }
    }

    /// The destination, without a password.
    pub fn name(&self) -> String {
        self.destination.to_string()
    }

    /// Delivers those results in `folders` that are not known to be there. `leave` is asked before each.
    pub fn pass(
        &mut self,
        folders: &[PathBuf],
        watch: &dyn Watch,
        leave: &dyn Fn() -> bool,
        tell: &mut dyn FnMut(Event<'_>),
    ) -> Standing {
        let mut standing = Standing::default();
        let mut open: Vec<(&PathBuf, String)> = Vec::new();
        for folder in folders {
            // It is checked against the result itself when that is delivered.
            let key = (folder.clone(), digest_of(folder).unwrap_or_default());
            if self.known.contains(&key) {
                standing.present += 1;
            } else {
                open.push((folder, key.1));
            }
        }
        if !open.is_empty() {
            match Sink::open(&self.destination) {
                Ok(mut sink) => self.deliver(&mut sink, &mut open, &mut standing, watch, leave, tell),
                Err(error) => tell(Event::Failed(error)),
            }
        }
        standing.pending = open.len() as u64;
        standing.lag = open.iter().filter_map(|(folder, _)| age(folder)).max().unwrap_or_default();
        standing
    }

    /// Leaves in `open` what is not delivered.
    fn deliver(
        &mut self,
        sink: &mut Sink,
        open: &mut Vec<(&PathBuf, String)>,
        standing: &mut Standing,
        watch: &dyn Watch,
        leave: &dyn Fn() -> bool,
        tell: &mut dyn FnMut(Event<'_>),
    ) {
        let mut over = false;
        open.retain(|(folder, digest)| {
            if over || leave() {
                return true;
            }
            match Finished::read(folder).and_then(|run| Ok((sink.deliver(&run, watch)?, run))) {
                Ok((outcome, run)) => {
                    match outcome {
                        Outcome::Delivered => {
                            standing.delivered += 1;
                            tell(Event::Delivered(&run));
                        }
                        Outcome::Present => standing.present += 1,
                    }
                    self.known.insert(((*folder).clone(), digest.clone()));
                    false
                }
                Err(error) => {
                    // What a destination says of one result it says of all.
                    over = matches!(error, DeliveryError::Unavailable { .. } | DeliveryError::Refused { .. });
                    tell(Event::Failed(error));
                    true
                }
            }
        });
    }
}

/// For how long a result has been there.
fn age(folder: &Path) -> Option<Duration> {
    let mark = folder.parent().map(|run| run.join(MARK)).filter(|mark| mark.is_file());
    let ended = mark.as_deref().unwrap_or(folder).metadata().and_then(|m| m.modified()).ok()?;
    SystemTime::now().duration_since(ended).ok()
}
