//! Is the find luck? Everything that is computed of the winner after the last generation (contract H7 to H17): a pure
//! function of ledger, data and manifest, the same for any number of threads. It steers nothing.
//!
//! - [`find`]: the winner with its accounts and the market's beside them;
//! - [`against_trials`]: what as many trials without skill would have found;
//! - [`breaks`]: what would break it;
//! - [`gates`]: the verdict;
//! - [`document`]: how results show it.

mod against_trials;
mod breaks;
pub mod document;
mod find;
mod gates;
pub mod windows;

use galapagos_validation::NullReason;
use galapagos_validation::verdict::{Verdict, judge};
use serde_json::Value;

pub use find::{Among, Find, Winner};

use self::document::{GateResult, RandomEntry, SharpeParts, Validation, Windows};
use self::windows::WalkForward;
use super::ResultError;
use super::walk_forward::{self, WalkForwardEnd};
use crate::job::resolve::ResolvedJob;
use crate::storage::digest::PREFIX;

/// What separates this digest from all others.
const DOMAIN: &[u8] = b"galapagos.validation.v1";

/// Tests a find, `None`: no individual was feasible. `result_digest` is that of the run.
///
/// # Errors
/// The winner cannot be back-tested again.
pub fn validate(
    job: &ResolvedJob,
    find: Option<&Find<'_>>,
    windows: &WalkForwardEnd,
    result_digest: &str,
) -> Result<Validation, ResultError> {
    let held = find.and_then(|find| find.holdout.as_ref());
    let held = held.map(|w| (&w.report.total.returns[..], &w.market.returns[..]));
    let walk = windows.windows().map(|windows| walk_forward::document(job, windows, held));
    let mut out = match find {
        Some(find) => tested(find, walk)?,
        None => no_candidate(walk),
    };
    out.digest = digest(&out, result_digest)?;
    Ok(out)
}

fn tested(find: &Find<'_>, walk: Result<WalkForward, NullReason>) -> Result<Validation, ResultError> {
    let trials = against_trials::Against::new(find);
    let (confidence, confidence_reason) = parts(trials.confidence());
    let (pbo, pbo_reason) = parts(trials.pbo());
    let (reality_check, reality_check_reason) = parts(trials.reality_check());
    let (random_genomes, random_genomes_reason) = parts(trials.random_genomes());
    let (bootstrap, bootstrap_reason) = parts(breaks::bootstrap(find));
    let (neighbourhood, neighbourhood_reason) = parts(breaks::neighbourhood(find)?);
    let (regimes, regimes_reason) = parts(breaks::regimes(find));
    let (walk_forward, walk_forward_reason) = parts(walk);
    let costs = breaks::costs(find)?;
    let look_ahead = breaks::look_ahead(find)?;
    let mut out = Validation {
        validated: String::new(),
        reason: String::new(),
        summary: String::new(),
        digest: String::new(),
        gates: Vec::new(),
        confidence,
        confidence_reason,
        sharpe: trials.sharpe(),
        pbo,
        pbo_reason,
        reality_check,
        reality_check_reason,
        random_entry: breaks::random_entry(find),
        bootstrap,
        bootstrap_reason,
        costs,
        neighbourhood,
        neighbourhood_reason,
        random_genomes,
        random_genomes_reason,
        periods: Some(breaks::periods(find)),
        periods_reason: None,
        regimes,
        regimes_reason,
        concentration: Some(breaks::concentration(find)),
        concentration_reason: None,
        walk_forward,
        walk_forward_reason,
        look_ahead: Some(look_ahead),
        look_ahead_reason: None,
    };
    let asked = gates::asked(find, &out);
    let facts = gates::facts(find, trials.different());
    put(&mut out, &judge(&asked, facts));
    Ok(out)
}

fn put(out: &mut Validation, verdict: &Verdict) {
    verdict.validated.name().clone_into(&mut out.validated);
    verdict.reason.name().clone_into(&mut out.reason);
    out.summary.clone_from(&verdict.summary);
    let gate = |judged: &galapagos_validation::verdict::Judged| GateResult {
        name: judged.asked.gate.name().to_owned(),
        value: judged.asked.value.ok().map(|value| value.number()),
        threshold: judged.asked.threshold.number(),
        passed: judged.passed,
        sentence: judged.sentence.clone().unwrap_or_default(),
    };
    out.gates = verdict.gates.iter().map(gate).collect();
}

fn no_candidate(walk: Result<WalkForward, NullReason>) -> Validation {
    let (walk_forward, walk_forward_reason) = parts(walk);
    let reason = || Some(NullReason::NoCandidate.name().to_owned());
    let mut out = Validation {
        validated: String::new(),
        reason: String::new(),
        summary: String::new(),
        digest: String::new(),
        gates: Vec::new(),
        confidence: None,
        confidence_reason: reason(),
        sharpe: SharpeParts {
            probabilistic: Windows::default(),
            minimum_track_record_bars: None,
            minimum_backtest_years: None,
        },
        pbo: None,
        pbo_reason: reason(),
        reality_check: None,
        reality_check_reason: reason(),
        random_entry: RandomEntry {
            training: None,
            training_reason: reason(),
            holdout: None,
            holdout_reason: reason(),
        },
        bootstrap: None,
        bootstrap_reason: reason(),
        costs: Vec::new(),
        neighbourhood: None,
        neighbourhood_reason: reason(),
        random_genomes: None,
        random_genomes_reason: reason(),
        periods: None,
        periods_reason: reason(),
        regimes: None,
        regimes_reason: reason(),
        concentration: None,
        concentration_reason: reason(),
        walk_forward,
        walk_forward_reason,
        look_ahead: None,
        look_ahead_reason: reason(),
    };
    put(&mut out, &Verdict::no_candidate());
    out
}

/// A value, or `null` with the name of its reason.
fn parts<T>(result: Result<T, NullReason>) -> (Option<T>, Option<String>) {
    match result {
        Ok(value) => (Some(value), None),
        Err(reason) => (None, Some(reason.name().to_owned())),
    }
}

/// BLAKE3 of the domain, the run's digest and the canonical JSON (RFC 8785) of the object without its digest.
fn digest(validation: &Validation, result_digest: &str) -> Result<String, ResultError> {
    let mut value = serde_json::to_value(validation)?;
    if let Value::Object(members) = &mut value {
        members.remove("digest");
    }
    let mut hasher = blake3::Hasher::new();
    hasher.update(DOMAIN).update(result_digest.as_bytes()).update(&serde_json_canonicalizer::to_vec(&value)?);
    Ok(format!("{PREFIX}{}", hasher.finalize().to_hex()))
}
