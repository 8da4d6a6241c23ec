//! From a checkpoint and the ledger back to a run, or why not.

use galapagos_genetics::{Evolution, State, species_id};

use super::state::DriverState;
use crate::job::resolve::ResolvedJob;
use crate::storage::checkpoint::Checkpoint;
use crate::storage::digest::Chain;
use crate::storage::ledger::Ledger;
use crate::storage::record::Record;

/// Why a checkpoint is refused whose evolution this build would breed otherwise.
pub(super) const OTHER_CONFIGURATION: &str = "belongs to another configuration";

/// The run as of a checkpoint, if everything it relies on is there.
pub(super) fn resume(
    job: &ResolvedJob,
    ledger: &Ledger,
    checkpoint: &Checkpoint,
) -> Result<(Evolution, Chain, DriverState), &'static str> {
    if checkpoint.ledger_position > ledger.position() {
        return Err("relies on evaluations that were lost");
    }
    let state: DriverState =
        serde_json::from_slice(&checkpoint.driver).map_err(|_| "has an unreadable history")?;
    let genetics = State::from_bytes(&checkpoint.genetics).map_err(|_| "has an unreadable evolution")?;
    let mut evolution = Evolution::resume(job.config.clone(), job.genetic_species(), &genetics)
        .map_err(|_| OTHER_CONFIGURATION)?;
    if evolution.generation() != checkpoint.generation
        || state.history.len() as u64 != u64::from(checkpoint.generation)
    {
        return Err("contradicts itself");
    }
    let ids: Vec<u16> = job.species.iter().map(|s| species_id(s.name())).collect();
    let mut seen = Vec::new();
    let mut count = 0u64;
    let mut positions = Vec::new();
    ledger
        .for_each(|record| {
            if record.position().0 < checkpoint.generation {
                positions.push(record.position());
            }
            if let Record::Evaluated { identity, .. } = record
                && identity.generation < checkpoint.generation
                && let Some(species) = ids.iter().position(|&id| id == identity.species)
            {
                count += 1;
                seen.push((species, identity.genome));
            }
        })
        .map_err(|_| "relies on a ledger that cannot be read")?;
    positions.sort_unstable();
    positions.dedup();
    // Duplicates too: a table of the result has a row for each.
    let individuals: u64 = state
        .history
        .iter()
        .map(|g| u64::from(g.feasible) + u64::from(g.infeasible) + u64::from(g.failed))
        .sum();
    if count < evolution.progress().evaluations || (positions.len() as u64) < individuals {
        return Err("relies on evaluations that were lost");
    }
    evolution.seed_seen(seen).map_err(|_| "does not fit its ledger")?;
    Ok((evolution, Chain::at(checkpoint.digest), state))
}
