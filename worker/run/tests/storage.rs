//! Promises of the run folder and the ledger that hold after any kill or damage.

#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

use std::fs;
use std::path::Path;
use std::time::Duration;

use galapagos_engine::evaluation::{BLOCKS, BlockSum, Evaluation, Metric, Metrics};
use galapagos_run::storage::StorageError;
use galapagos_run::storage::digest::Digest;
use galapagos_run::storage::ledger::Ledger;
use galapagos_run::storage::record::{Class, Record, RecordIdentity, Verdict};
use galapagos_run::storage::run_folder::{ResultMark, RunFolder, RunKey, Start};
use proptest::prelude::*;

fn record(n: u32) -> Record {
    let mut metrics = Metrics::NONE;
    metrics.set(Metric::Sharpe, Some(f64::from(n)));
    let evaluation = Evaluation {
        metrics,
        reason: None,
        returns: 10,
        s1: 1,
        s2: 2,
        blocks: [BlockSum { s1: 1, s2: 2 }; BLOCKS],
        open_position: false,
    };
    Record::Evaluated {
        identity: RecordIdentity {
            generation: n / 10,
            index: n % 10,
            species: 1,
            hash: u128::from(n) << 60,
            island: None,
            genome: [n].into(),
        },
        verdict: Verdict {
            class: Class::Feasible,
            violation: 0.0,
            fitness: Some(1.0),
            evaluation: Some(Box::new(evaluation)),
        },
    }
}

fn inputs() -> Digest {
    Digest::hash(b"inputs")
}

fn filled(path: &Path, n: u32) -> Ledger {
    let (mut ledger, warning) = Ledger::open(path, 1, &inputs()).unwrap();
    assert_eq!(warning, None);
    (0..n).for_each(|i| ledger.append(&record(i)).unwrap());
    ledger.flush().unwrap();
    ledger
}

#[test]
fn records_are_read_before_they_are_on_disk_and_lost_with_the_process_until_then() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("l");
    let mut ledger = filled(&path, 2);
    ledger.append(&record(2)).unwrap();
    assert_eq!(ledger.get(2 << 60), Some(record(2)));
    let found = Ledger::open_sibling(&path, 1, &inputs()).unwrap();
    assert_eq!((found.distinct(), ledger.distinct()), (2, 3));
    ledger.flush().unwrap();
    assert_eq!(Ledger::open_sibling(&path, 1, &inputs()).unwrap().get(2 << 60), Some(record(2)));
}

fn key(root: &Path) -> RunKey<'_> {
    RunKey { root, namespace: "local", job: "demo", inputs: inputs() }
}

#[test]
fn a_ledger_gives_back_what_it_was_given() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("l");
    drop(filled(&path, 25));
    let (ledger, warning) = Ledger::open(&path, 1, &inputs()).unwrap();
    assert_eq!(warning, None);
    assert_eq!(ledger.distinct(), 25);
    for n in 0..25 {
        assert_eq!(ledger.get(u128::from(n) << 60), Some(record(n)));
    }
    assert_eq!(ledger.get(12345), None);
    let mut seen = Vec::new();
    ledger.for_each(|r| seen.push(r)).unwrap();
    assert_eq!(seen, (0..25).map(record).collect::<Vec<_>>());
}

// Contract J2.
#[test]
fn a_ledger_of_other_inputs_is_never_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("l");
    drop(filled(&path, 5));
    assert!(Ledger::open_sibling(&path, 1, &Digest::hash(b"other")).is_none());
    assert!(Ledger::open_sibling(&path, 2, &inputs()).is_none());
    assert_eq!(Ledger::open_sibling(&path, 1, &inputs()).unwrap().distinct(), 5);
    let (ledger, warning) = Ledger::open(&path, 2, &inputs()).unwrap();
    assert_eq!(ledger.distinct(), 0);
    assert!(warning.is_some());
}

// Contract J2.
/// Every byte of the header, of the heads and the first of the payloads, and every seventh of what follows.
#[test]
fn one_flipped_bit_costs_one_record_and_is_kept_beside_the_ledger() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("l");
    let ends: Vec<usize> = {
        let mut ledger = filled(&path, 0);
        let append = |n| {
            ledger.append(&record(n)).unwrap();
            ledger.flush().unwrap();
            ledger.position() as usize
        };
        (0..4).map(append).collect()
    };
    let good = fs::read(&path).unwrap();
    let begins: Vec<usize> = [0, 48].into_iter().chain(ends.iter().copied()).collect();
    let is_flipped = |at: &usize| {
        *at < 48
            || at.is_multiple_of(7)
            || *at == good.len() - 1
            || begins.iter().any(|b| (*b..b + 20).contains(at))
    };
    for at in (0..good.len()).filter(is_flipped) {
        let aside = dir.path().join("l.damaged-1");
        let _ = fs::remove_file(&aside);
        let mut bad = good.clone();
        bad[at] ^= 1 << (at % 8);
        fs::write(&path, &bad).unwrap();
        let lost = (at >= 48).then(|| ends.iter().position(|&end| at < end).unwrap());
        let sibling = Ledger::open_sibling(&path, 1, &inputs());
        match lost {
            Some(_) => assert_eq!(sibling.unwrap().distinct(), 3, "byte {at}"),
            None => assert!(sibling.is_none(), "byte {at}"),
        }
        let (ledger, warning) = Ledger::open(&path, 1, &inputs()).unwrap();
        let part = match lost {
            None => 0..48,
            Some(0) => 48..ends[0],
            Some(n) => ends[n - 1]..ends[n],
        };
        let warning = warning.unwrap();
        assert_eq!((warning.foreign, &warning.aside), (false, &Some(aside.clone())));
        assert_eq!(warning.damaged_bytes, part.len() as u64, "byte {at}");
        assert_eq!(fs::read(&aside).unwrap(), bad[part], "byte {at}");
        for n in 0..4 {
            let expected = (Some(n as usize) != lost).then(|| record(n));
            assert_eq!(ledger.get(u128::from(n) << 60), expected, "byte {at}, record {n}");
        }
        assert_eq!(Ledger::open(&path, 1, &inputs()).unwrap().1, None, "byte {at}: told once");
    }
}

#[test]
fn damage_of_many_kinds_at_once_leaves_every_record_that_checks() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("l");
    drop(filled(&path, 200));
    let good = fs::read(&path).unwrap();
    let size = (good.len() - 48) / 200;
    let mut bad = good.clone();
    // A block of zeros over the header and the first records, one of ones, a record torn in two by foreign bytes.
    bad[..2 * size].fill(0);
    bad[48 + 60 * size + 5..48 + 70 * size].fill(0xff);
    bad.splice(48 + 100 * size + 9..48 + 100 * size + 9, *b"something else");
    bad.truncate(bad.len() - 3);
    fs::write(&path, &bad).unwrap();
    fs::write(dir.path().join("l.damaged-1"), "earlier").unwrap();
    let (ledger, warning) = Ledger::open(&path, 1, &inputs()).unwrap();
    let lost = |n: u32| n < 2 || (60..70).contains(&n) || n == 100 || n == 199;
    for n in 0..200 {
        assert_eq!(ledger.get(u128::from(n) << 60), (!lost(n)).then(|| record(n)), "{n}");
    }
    assert_eq!(warning.unwrap().aside, Some(dir.path().join("l.damaged-2")));
    assert_eq!(fs::read(dir.path().join("l.damaged-1")).unwrap(), b"earlier");
}

// Contract J2.
#[test]
fn a_ledger_of_another_engine_is_kept_whole() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("l");
    drop(filled(&path, 5));
    let before = fs::read(&path).unwrap();
    let (ledger, warning) = Ledger::open(&path, 2, &inputs()).unwrap();
    let warning = warning.unwrap();
    assert!(ledger.distinct() == 0 && warning.foreign);
    assert_eq!(fs::read(warning.aside.unwrap()).unwrap(), before);
}

/// No copy can be made beside a name of this length, as on a full volume.
#[test]
fn a_cut_append_is_cut_off_where_it_cannot_be_kept_and_other_damage_stops_the_start() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("l".repeat(250));
    drop(filled(&path, 5));
    let good = fs::read(&path).unwrap();
    fs::write(&path, &good[..good.len() - 3]).unwrap();
    let (ledger, warning) = Ledger::open(&path, 1, &inputs()).unwrap();
    let warning = warning.unwrap();
    assert_eq!((warning.kept, &warning.aside, ledger.distinct()), (4, &None, 4));
    assert!(warning.to_string().contains("at its end were cut off"), "{warning}");
    drop(ledger);
    assert_eq!(Ledger::open(&path, 1, &inputs()).unwrap().1, None);
    // Bytes in the middle, and more than one append, may be of use to somebody.
    let mut bad = good.clone();
    bad[60] ^= 1;
    for bytes in [bad, [good, vec![0; 5000]].concat()] {
        fs::write(&path, &bytes).unwrap();
        Ledger::open(&path, 1, &inputs()).unwrap_err();
        assert_eq!(fs::read(&path).unwrap(), bytes);
    }
}

#[test]
fn every_start_claims_a_newer_epoch() {
    let dir = tempfile::tempdir().unwrap();
    let epoch = |attempt| RunFolder::open(&key(dir.path()), Start::Continue, 1, attempt).unwrap().epoch();
    assert_eq!([epoch(1), epoch(1), epoch(7), epoch(2)], [1, 2, 7, 8]);
}

// Contract J5.
#[test]
fn an_older_epoch_may_not_publish() {
    let dir = tempfile::tempdir().unwrap();
    let run = RunFolder::open(&key(dir.path()), Start::Continue, 1, 1).unwrap();
    fs::write(run.path().join("epochs/2"), "").unwrap();
    let mark = ResultMark { digest: String::new(), generation: 1, stopped_by: String::new() };
    let refused = run.publish(&mark, |_| Ok::<(), StorageError>(()));
    assert!(matches!(refused, Err(StorageError::OlderEpoch { mine: 1, newest: 2 })));
    assert_eq!(run.mark(), None);
}

#[test]
fn a_second_run_waits_outside() {
    let dir = tempfile::tempdir().unwrap();
    let _run = RunFolder::open(&key(dir.path()), Start::Continue, 1, 1).unwrap();
    let second = RunFolder::open(&key(dir.path()), Start::Fresh, 1, 1);
    assert!(matches!(second, Err(StorageError::Locked { .. })));
}

#[test]
fn resume_needs_something_and_fresh_moves_it_away() {
    let dir = tempfile::tempdir().unwrap();
    let nothing = RunFolder::open(&key(dir.path()), Start::Resume, 1, 1);
    assert!(matches!(nothing, Err(StorageError::NothingToResume { .. })));
    let run = RunFolder::open(&key(dir.path()), Start::Continue, 1, 1).unwrap();
    let path = run.path().to_owned();
    drop(filled(&run.ledger(), 3));
    drop(run);
    drop(RunFolder::open(&key(dir.path()), Start::Resume, 1, 1).unwrap());
    let fresh = RunFolder::open(&key(dir.path()), Start::Fresh, 1, 1).unwrap();
    assert!(!fresh.ledger().exists());
    assert!(path.with_file_name(format!("{}.old-1", inputs().hex())).join("evaluations.log").exists());
}

// Contract J6.
#[test]
fn a_result_is_marked_only_when_it_is_whole() {
    let dir = tempfile::tempdir().unwrap();
    let run = RunFolder::open(&key(dir.path()), Start::Continue, 1, 1).unwrap();
    let mark =
        |g| ResultMark { digest: "blake3:00".into(), generation: g, stopped_by: "GenerationsReached".into() };
    let write = |text: &'static str| {
        move |folder: &Path| {
            let written = fs::write(folder.join("a"), text).and_then(|()| {
                // The digest of every mark here.
                fs::write(folder.join("DIGEST"), "blake3:00\n")
            });
            written.map_err(|source| StorageError::Io { action: "write", path: folder.to_owned(), source })
        }
    };
    run.publish(&mark(1), write("one")).unwrap();
    assert_eq!(run.mark(), Some(mark(1)));
    let failed = run.publish(&mark(2), |_| Err(StorageError::NothingToResume { path: "x".into() }));
    assert!(failed.is_err());
    assert_eq!(run.mark(), Some(mark(1)));
    run.publish(&mark(3), write("three")).unwrap();
    assert_eq!(run.mark(), Some(mark(3)));
    assert_eq!(fs::read_to_string(run.result().join("a")).unwrap(), "three");
    fs::write(run.result().join("DIGEST"), "blake3:11\n").unwrap();
    assert_eq!(run.mark(), None);
}

// Contract J5.
#[test]
fn an_attempt_takes_over_from_one_that_does_not_let_go_and_reads_nothing_of_it_any_more() {
    let dir = tempfile::tempdir().unwrap();
    let older = RunFolder::take_over(&key(dir.path()), 1, 1, Duration::ZERO).unwrap();
    let mut ledger = filled(&older.ledger(), 3);
    let newer = RunFolder::take_over(&key(dir.path()), 1, 1, Duration::from_millis(50)).unwrap();
    assert_eq!((older.epoch(), newer.epoch()), (1, 2));
    assert!(matches!(older.check_epoch(), Err(StorageError::OlderEpoch { mine: 1, newest: 2 })));
    newer.check_epoch().unwrap();
    let length = fs::metadata(newer.ledger()).unwrap().len();
    ledger.append(&record(7)).unwrap();
    ledger.flush().unwrap();
    assert_eq!(fs::metadata(newer.ledger()).unwrap().len(), length);
    drop((older, newer));
    // Whoever lets go is not waited for.
    let next = RunFolder::take_over(&key(dir.path()), 1, 9, Duration::from_secs(60)).unwrap();
    assert_eq!(next.epoch(), 9);
}

// Contract J4.
#[test]
fn a_name_never_leaves_the_runs_folder() {
    let dir = tempfile::tempdir().unwrap();
    for job in ["..", "a/b", "", "A", "-x"] {
        let key = RunKey { job, ..key(dir.path()) };
        let refused = RunFolder::open(&key, Start::Continue, 1, 1);
        assert!(matches!(refused, Err(StorageError::BadName { .. })), "{job:?}");
    }
}

#[test]
fn ledgers_of_other_jobs_with_the_same_inputs_are_found() {
    let dir = tempfile::tempdir().unwrap();
    let other = RunFolder::open(&RunKey { job: "other", ..key(dir.path()) }, Start::Continue, 1, 1).unwrap();
    drop(filled(&other.ledger(), 3));
    let run = RunFolder::open(&key(dir.path()), Start::Continue, 1, 1).unwrap();
    assert_eq!(run.sibling_ledgers(), [other.ledger()]);
    drop(run);
    let fresh = RunFolder::open(&key(dir.path()), Start::Fresh, 1, 1).unwrap();
    assert!(fresh.sibling_ledgers().is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn damage_costs_only_what_it_touches(position in 0usize..100_000, bit in 0u8..8, cut in any::<bool>()) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("l");
        let ends = {
            let (mut ledger, _) = Ledger::open(&path, 1, &inputs()).unwrap();
            let ends = (0..10).map(|i| { ledger.append(&record(i)).unwrap(); ledger.position() as usize }).collect::<Vec<_>>();
            ledger.flush().unwrap();
            ends
        };
        let mut bytes = fs::read(&path).unwrap();
        let at = position % bytes.len();
        if cut { bytes.truncate(at) } else { bytes[at] ^= 1 << bit }
        fs::write(&path, &bytes).unwrap();
        let begin = |n: usize| if n == 0 { 48 } else { ends[n - 1] };
        let lost = |n: usize| at < ends[n] && (cut || at >= begin(n));
        let whole = (0..10).filter(|&n| !lost(n)).count();
        let (mut ledger, _) = Ledger::open(&path, 1, &inputs()).unwrap();
        prop_assert_eq!(ledger.distinct(), whole);
        for n in (0..10).filter(|&n| lost(n)) {
            ledger.append(&record(n as u32)).unwrap();
        }
        ledger.flush().unwrap();
        drop(ledger);
        let (ledger, warning) = Ledger::open(&path, 1, &inputs()).unwrap();
        prop_assert_eq!(warning, None);
        for n in 0..10 {
            prop_assert_eq!(ledger.get(u128::from(n) << 60), Some(record(n)));
        }
    }

    #[test]
    fn a_ledger_of_garbage_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..500), keep_header in any::<bool>()) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("l");
        drop(filled(&path, 0));
        let mut all = if keep_header { fs::read(&path).unwrap() } else { Vec::new() };
        all.extend(bytes);
        fs::write(&path, &all).unwrap();
        let (mut ledger, _) = Ledger::open(&path, 1, &inputs()).unwrap();
        ledger.append(&record(1)).unwrap();
        prop_assert_eq!(ledger.get(1 << 60), Some(record(1)));
    }
}
