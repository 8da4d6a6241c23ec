//! A file system that fails for one process: `fault.c`, compiled when first needed and loaded into the program.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use rustix::process::Signal;

use crate::program;
use crate::random::Random;

const SOURCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/fault/fault.c");

/// What the disk does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// No space left: writes, renames and new files fail.
    DiskFull,
    /// Errors of the device: writes, flushes and renames fail.
    Broken,
    /// Flushes fail, writes work.
    FlushFails,
    /// Writes take a part of their bytes, which is no error.
    ShortWrites,
    /// The process is killed just before a call.
    Killed,
    /// The process is stopped just before a call, which it makes when it wakes.
    Frozen,
    /// The same, before it removes a file.
    FrozenAtRemoval,
}

impl Trouble {
    /// Those of disks.
    pub const DISKS: [Trouble; 4] =
        [Trouble::DiskFull, Trouble::Broken, Trouble::FlushFails, Trouble::ShortWrites];

    fn calls(self) -> &'static str {
        match self {
            Trouble::DiskFull => "wro",
            Trouble::Broken => "wfr",
            Trouble::FlushFails => "f",
            Trouble::ShortWrites => "s",
            Trouble::Killed | Trouble::Frozen => "wfro",
            Trouble::FrozenAtRemoval => "u",
        }
    }

    fn error(self) -> i32 {
        let full = self == Trouble::DiskFull;
        let errno = if full { rustix::io::Errno::NOSPC } else { rustix::io::Errno::IO };
        errno.raw_os_error()
    }

    /// 0: none.
    fn signal(self) -> i32 {
        match self {
            Trouble::Killed => Signal::KILL.as_raw(),
            Trouble::Frozen | Trouble::FrozenAtRemoval => Signal::STOP.as_raw(),
            Trouble::DiskFull | Trouble::Broken | Trouble::FlushFails | Trouble::ShortWrites => 0,
        }
    }
}

/// Which calls below a folder fail.
#[derive(Clone, Debug)]
pub struct Fault {
    /// What happens.
    pub trouble: Trouble,
    /// The first call that fails, of those the trouble is about.
    pub from: u64,
    /// How many calls the trouble lasts.
    pub calls: u64,
    /// How many of 1000 calls fail meanwhile.
    pub share: u64,
    /// Which ones.
    pub seed: u64,
}

impl Fault {
    /// A plan: trouble early or late in a run that makes so many calls, for a moment or for good.
    pub fn draw(trouble: Trouble, calls: u64, random: &mut Random) -> Fault {
        // About one call in six is a flush.
        let from = random.below(if trouble == Trouble::FlushFails { calls / 6 } else { calls });
        let lasts = if random.chance(0.3) { u64::MAX / 2 } else { 1 + random.below(20) };
        let share = if random.chance(0.5) { 1000 } else { 1 + random.below(600) };
        Fault { trouble, from, calls: lasts, share, seed: random.draw() >> 1 }
    }

    /// Exactly one call is hit.
    pub fn at(trouble: Trouble, call: u64) -> Fault {
        Fault { trouble, from: call, calls: 1, share: 1000, seed: 0 }
    }

    /// Loads the layer into a program for `folder`, which is there already, and all paths below it; every failure is a
    /// line of `log`.
    pub fn load(&self, command: &mut Command, folder: &Path, log: &Path) {
        let folder = folder.canonicalize().expect("the folder exists");
        command
            .env("LD_PRELOAD", layer())
            .env("GALAPAGOS_FAULT_PREFIX", folder)
            .env("GALAPAGOS_FAULT_LOG", log)
            .env("GALAPAGOS_FAULT_CALLS", self.trouble.calls())
            .env("GALAPAGOS_FAULT_ERROR", self.trouble.error().to_string())
            .env("GALAPAGOS_FAULT_SIGNAL", self.trouble.signal().to_string())
            .env("GALAPAGOS_FAULT_FROM", self.from.to_string())
            .env("GALAPAGOS_FAULT_TO", self.from.saturating_add(self.calls).to_string())
            .env("GALAPAGOS_FAULT_SHARE", self.share.to_string())
            .env("GALAPAGOS_FAULT_SEED", self.seed.to_string());
    }
}

/// The compiled layer: a file of the build folder, named by its source.
fn layer() -> &'static Path {
    static LAYER: OnceLock<PathBuf> = OnceLock::new();
    LAYER.get_or_init(|| {
        let source = std::fs::read(SOURCE).unwrap();
        let mut hasher = DefaultHasher::new();
        source.hash(&mut hasher);
        let target = program::folder().join(format!("galapagos-fault-{:016x}.so", hasher.finish()));
        if !target.is_file() {
            // Compiled beside and renamed, because tests of several processes may want it at once.
            let beside = target.with_extension(format!("{}.tmp", std::process::id()));
            let output = Command::new(std::env::var_os("CC").unwrap_or_else(|| "cc".into()))
                .args(["-shared", "-fPIC", "-O2", "-Wall", "-Wextra", "-Werror", "-o"])
                .arg(&beside)
                .args([SOURCE, "-ldl"])
                .output()
                .expect("a C compiler, which Rust needs too");
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            std::fs::rename(&beside, &target).unwrap();
        }
        target
    })
}
