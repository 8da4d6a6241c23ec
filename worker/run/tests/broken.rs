//! Damage and meddling: what a run finds broken costs at most an evaluation, and never a bit of the result.

#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod common;

use std::fs;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use common::runs::{finish, timeless};
use common::{manifest, publish_walk, resolve};
use galapagos_engine::ENGINE;
use galapagos_engine::evaluation::Metric;
use galapagos_run::execute::{ExecuteError, Options, RunOutcome, run};
use galapagos_run::results::ResultError;
use galapagos_run::run::progress::{RunEvent, Silent};
use galapagos_run::storage::ledger::Ledger;
use galapagos_run::storage::record::Record;

#[test]
fn a_damaged_state_falls_back_and_gives_the_same_result() {
    let data = tempfile::tempdir().unwrap();
    publish_walk(data.path(), 500);
    let (short, long) = (manifest("  generations: 3\n"), manifest("  generations: 4\n"));
    let whole = tempfile::tempdir().unwrap();
    let expected = timeless(finish(data.path(), &Options::new(whole.path()), &long).0);
    for damage in ["checkpoint", "both", "ledger", "ledger cut"] {
        let root = tempfile::tempdir().unwrap();
        let options = Options::new(root.path());
        finish(data.path(), &options, &short);
        let (_, job) = resolve(data.path(), &short);
        let folder = root.path().join("galapagos/runs/local/demo").join(job.digest.hex());
        let flip = |path: &Path, at: usize| {
            let mut bytes = fs::read(path).unwrap();
            let at = at.min(bytes.len() - 1);
            bytes[at] ^= 4;
            fs::write(path, bytes).unwrap();
        };
        match damage {
            "checkpoint" => flip(&folder.join("checkpoints/3"), 60),
            "both" => [2, 3].iter().for_each(|g| flip(&folder.join(format!("checkpoints/{g}")), 200)),
            "ledger" => flip(&folder.join("evaluations.log"), 5000),
            _ => fs::OpenOptions::new()
                .write(true)
                .open(folder.join("evaluations.log"))
                .unwrap()
                .set_len(9000)
                .unwrap(),
        }
        // Two, and the last but one that was flushed: quick generations share a flush.
        let kept = fs::read_dir(folder.join("checkpoints")).unwrap().count();
        assert!([2, 3].contains(&kept), "{kept} checkpoints");
        let (market, job) = resolve(data.path(), &long);
        let (mut warnings, mut fallbacks) = (0, 0);
        let mut observer = |event: RunEvent<'_>| match event {
            RunEvent::Warning(_) => warnings += 1,
            RunEvent::Fallback(_) => fallbacks += 1,
            _ => {}
        };
        let outcome = run(&job, &market, &options, &mut observer, &AtomicBool::new(false)).unwrap();
        let RunOutcome::Finished { result, .. } = outcome else { panic!("nobody interrupted") };
        // A checkpoint cannot be used either if what it counts on is missing from the ledger.
        match damage {
            "checkpoint" => assert_eq!((warnings, fallbacks), (0, 1)),
            "both" => assert_eq!((warnings, fallbacks), (0, 2)),
            "ledger" => assert_eq!((warnings, fallbacks), (0, 1 + kept)),
            // What is left suffices for the first checkpoint, if that is still there.
            _ => assert_eq!((warnings, fallbacks), (0, 3), "{damage}"),
        }
        assert_eq!(timeless(*result), expected, "{damage}");
    }
}

/// Each field of header, record head and payload of a run's ledger in turn, and its last byte.
#[test]
fn a_flipped_bit_in_the_ledger_costs_one_evaluation_at_most_and_no_bit_of_the_result() {
    let data = tempfile::tempdir().unwrap();
    publish_walk(data.path(), 300);
    let (short, long) = (manifest("  generations: 2\n"), manifest("  generations: 3\n"));
    let whole = tempfile::tempdir().unwrap();
    let expected = timeless(finish(data.path(), &Options::new(whole.path()), &long).0);
    let root = tempfile::tempdir().unwrap();
    let options = Options::new(root.path());
    finish(data.path(), &options, &short);
    let (market, job) = resolve(data.path(), &long);
    let folder = root.path().join("galapagos/runs/local/demo").join(job.digest.hex());
    let ledger = folder.join("evaluations.log");
    let good = fs::read(&ledger).unwrap();
    let kept: Vec<_> = ["checkpoints/1", "checkpoints/2", "RESULT"]
        .map(|name| (name, fs::read(folder.join(name)).unwrap()))
        .into();
    let third = {
        let length = |at: usize| u32::from_le_bytes(good[at..at + 4].try_into().unwrap()) as usize + 8;
        (0..2).fold(48, |at, _| at + length(at))
    };
    let header = [0, 4, 6, 8, 12, 43, 44];
    let record = [0, 3, 4, 8, 9, 10, 14, 18, 20, 36, 37, 60].map(|at| third + at);
    let new = expected.evaluations.distinct - 40;
    for at in header.into_iter().chain(record).chain([good.len() - 1]) {
        let mut bad = good.clone();
        bad[at] ^= 16;
        fs::write(&ledger, bad).unwrap();
        kept.iter().for_each(|(name, bytes)| fs::write(folder.join(name), bytes).unwrap());
        let (mut fallbacks, mut evaluated) = (0, 0);
        let mut observer = |event: RunEvent<'_>| match event {
            RunEvent::Fallback(_) => fallbacks += 1,
            RunEvent::Evaluated { .. } => evaluated += 1,
            _ => {}
        };
        let outcome = run(&job, &market, &options, &mut observer, &AtomicBool::new(false)).unwrap();
        let RunOutcome::Finished { result, .. } = outcome else { panic!("nobody interrupted") };
        assert_eq!(timeless(*result), expected, "byte {at}");
        assert!(fallbacks >= 1, "byte {at}");
        assert!(evaluated <= new + u64::from(at >= 48), "byte {at}: {evaluated}");
    }
}

// Contract J6.
#[test]
fn a_champion_that_is_not_what_the_ledger_says_makes_no_result() {
    let data = tempfile::tempdir().unwrap();
    publish_walk(data.path(), 300);
    let root = tempfile::tempdir().unwrap();
    let options = Options::new(root.path());
    let manifest = manifest("  generations: 2\n");
    let best = finish(data.path(), &options, &manifest).0.best.unwrap();
    let (market, job) = resolve(data.path(), &manifest);
    let folder = root.path().join("galapagos/runs/local/demo").join(job.digest.hex());
    let path = folder.join("evaluations.log");
    let mut records = Vec::new();
    Ledger::open_sibling(&path, ENGINE, &job.digest).unwrap().for_each(|r| records.push(r)).unwrap();
    // A ledger that checks, with one bit of one metric of the champion turned.
    let mut turned = 0;
    fs::remove_file(&path).unwrap();
    let (mut ledger, _) = Ledger::open(&path, ENGINE, &job.digest).unwrap();
    for mut record in records {
        if let Record::Evaluated { verdict, .. } = &mut record
            && verdict.fitness == best.fitness
        {
            let metrics = &mut verdict.evaluation.as_mut().unwrap().metrics;
            let sharpe = metrics.get(Metric::Sharpe).unwrap();
            metrics.set(Metric::Sharpe, Some(f64::from_bits(sharpe.to_bits() ^ 1)));
            turned += 1;
        }
        ledger.append(&record).unwrap();
    }
    assert!(turned > 0);
    ledger.flush().unwrap();
    drop(ledger);
    fs::remove_file(folder.join("RESULT")).unwrap();
    let error = run(&job, &market, &options, &mut Silent, &AtomicBool::new(false)).unwrap_err();
    assert!(matches!(error, ExecuteError::Result(ResultError::NotDeterministic { .. })), "{error}");
    let text = error.to_string();
    for part in [best.strategy.as_str(), "=", "sharpe was", "determinism is broken"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!folder.join("RESULT").exists());
}

#[test]
fn a_touch_of_the_data_during_a_run_changes_nothing_and_a_change_ends_it() {
    let data = tempfile::tempdir().unwrap();
    publish_walk(data.path(), 300);
    let manifest = manifest("  generations: 2\n");
    let whole = tempfile::tempdir().unwrap();
    let expected = timeless(finish(data.path(), &Options::new(whole.path()), &manifest).0);
    let (market, job) = resolve(data.path(), &manifest);
    let file = market.dataset().folder().join("AAA.arrow");
    let run = |change: &dyn Fn()| {
        let root = tempfile::tempdir().unwrap();
        let mut observer = |event: RunEvent<'_>| {
            if matches!(event, RunEvent::Generation { .. }) {
                change();
            }
        };
        let options = Options::new(root.path());
        run(&job, &market, &options, &mut observer, &AtomicBool::new(false)).map_err(Box::new)
    };
    let touched = run(&|| {
        fs::File::options().append(true).open(&file).unwrap().set_modified(std::time::UNIX_EPOCH).unwrap()
    });
    let RunOutcome::Finished { result, .. } = touched.unwrap() else { panic!("nobody interrupted") };
    assert_eq!(timeless(*result), expected);
    let mut bytes = fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    let changed = run(&|| fs::write(&file, &bytes).unwrap());
    assert!(
        matches!(&changed, Err(e) if matches!(**e, ExecuteError::Market(galapagos_market::Error::Damaged { .. }))),
        "{changed:?}"
    );
}
