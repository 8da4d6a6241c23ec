//! Market data cut or replaced while a job uses them: never a wrong score.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

use std::path::Path;
use std::time::Duration;

use galapagos_e2e::chaos::{Plan, count};
use galapagos_e2e::cluster::Cluster;
use galapagos_e2e::jobs::{self, Job};
use galapagos_e2e::outcome::Outcome;
use galapagos_e2e::process::ProcessEnd;
use galapagos_e2e::random::Random;
use galapagos_e2e::scratch::{self, Scratch};

const LIMIT: Duration = Duration::from_secs(180);

#[derive(Clone, Copy, Debug)]
enum Damage {
    /// The file is cut while it is mapped.
    Truncated,
    /// Another file takes its name.
    ReplacedByRename,
    /// Other bytes are written into it.
    Overwritten,
    /// One bit changes.
    Flipped,
    /// It goes away.
    Removed,
}

const ALL: [Damage; 5] =
    [Damage::Truncated, Damage::ReplacedByRename, Damage::Overwritten, Damage::Flipped, Damage::Removed];

/// Damages the bars of a dataset. `other`: the same dataset with other prices.
fn damage(kind: Damage, data: &Path, other: &Path, random: &mut Random) {
    let file = scratch::files(data, ".arrow").remove(0);
    let replacement = scratch::files(other, ".arrow").remove(0);
    let length = std::fs::metadata(&file).unwrap().len();
    match kind {
        Damage::Truncated => {
            let file = std::fs::File::options().write(true).open(&file).unwrap();
            file.set_len(random.below(length)).unwrap();
        }
        Damage::ReplacedByRename => {
            let beside = file.with_extension("new");
            std::fs::copy(&replacement, &beside).unwrap();
            std::fs::rename(&beside, &file).unwrap();
        }
        Damage::Overwritten => std::fs::write(&file, std::fs::read(&replacement).unwrap()).unwrap(),
        Damage::Flipped => {
            let mut bytes = std::fs::read(&file).unwrap();
            let position = random.below(length) as usize;
            bytes[position] ^= 1 << random.below(8);
            // Written through the same file: whoever has mapped it sees it.
            use std::os::unix::fs::FileExt;
            let file = std::fs::File::options().write(true).open(&file).unwrap();
            file.write_all_at(&bytes[position..=position], position as u64).unwrap();
        }
        Damage::Removed => std::fs::remove_file(&file).unwrap(),
    }
}

#[test]
fn data_damaged_under_load_never_give_a_wrong_score() {
    let mut plan = Plan::new("data_damaged_under_load_never_give_a_wrong_score");
    let whole = Scratch::with_walk(6000);
    let other = whole.folder("other");
    whole.walk(&other, 6000, 6);
    let (mut refused, mut unharmed) = (0, 0);
    for round in 0..count(ALL.len() as u64, 100) {
        let scratch = Scratch::new();
        scratch::copy(&whole.data(), &scratch.data());
        let file = jobs::write(scratch.path(), &Job::busy(round).manifest());
        let expected = Outcome::undisturbed(&scratch, &file);
        let mut cluster = Cluster::new(&scratch, "cluster", &file, plan.seed());
        cluster.start_workers(2);
        cluster.start_coordinator();
        cluster.run_to_generation(plan.random().below(3));
        let kind = ALL[round as usize % ALL.len()];
        let pause = plan.random().duration(Duration::from_millis(300));
        cluster.run_for(pause);
        damage(kind, &scratch.data(), &other, plan.random());
        plan.note(format!("round {round}: {kind:?} after {pause:?}, checkpoint {}", cluster.checkpoint()));
        // A process whose mapped file was cut dies of SIGBUS; the next one says what is wrong.
        let end = cluster.to_the_end(LIMIT, |end| {
            matches!(end, ProcessEnd::Signal(7) | ProcessEnd::STATE_NOT_WRITABLE | ProcessEnd::INTERNAL)
        });
        plan.note(format!("round {round}: {end:?}"));
        match end {
            ProcessEnd::DONE => {
                cluster.assert_outcome(&expected, &format!("round {round}: {kind:?}"));
                unharmed += 1;
            }
            // Missing is 66, everything else is damaged.
            ProcessEnd::DATA_INVALID => refused += 1,
            ProcessEnd::DATA_MISSING if matches!(kind, Damage::Removed) => refused += 1,
            other => panic!("round {round}: {kind:?}: {other:?}"),
        }
    }
    println!("{refused} jobs refused, {unharmed} unharmed");
    assert!(refused > 0, "no damage was noticed");
}
