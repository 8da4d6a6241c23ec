//! How much trouble, and how to repeat it.
//!
//! * `GALAPAGOS_CHAOS=full` runs the whole counts (`make chaos`); otherwise a short selection.
//! * `GALAPAGOS_CHAOS_SEED=n` repeats the plan that a failure printed.

use crate::random::Random;

/// The seed of every plan unless the environment names another.
const SEED: u64 = 20_240_229;

/// Whether the whole counts are asked for.
pub fn full() -> bool {
    std::env::var("GALAPAGOS_CHAOS").is_ok_and(|value| value == "full")
}

/// A count: of the short selection, or of the whole.
pub fn count(short: u64, whole: u64) -> u64 {
    if full() { whole } else { short }
}

/// A seeded plan of one test. When the test fails it prints how to run it again.
#[derive(Debug)]
pub struct Plan {
    test: &'static str,
    seed: u64,
    random: Random,
    steps: Vec<String>,
}

impl Plan {
    /// The plan of the test with this name; tests with other names draw other numbers from the same seed.
    pub fn new(test: &'static str) -> Plan {
        let seed = std::env::var("GALAPAGOS_CHAOS_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(SEED);
        let name = test.bytes().fold(0u64, |hash, byte| hash.wrapping_mul(31).wrapping_add(u64::from(byte)));
        Plan { test, seed, random: Random::new(seed).part(name), steps: Vec::new() }
    }

    /// The draws of this plan.
    pub fn random(&mut self) -> &mut Random {
        &mut self.random
    }

    /// A seed for something that draws on its own, such as a proxy.
    pub fn seed(&mut self) -> u64 {
        self.random.draw()
    }

    /// Notes what was done, for the report of a failure.
    pub fn note(&mut self, step: impl Into<String>) {
        self.steps.push(step.into());
    }
}

impl Drop for Plan {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            return;
        }
        let whole = if full() { "GALAPAGOS_CHAOS=full " } else { "" };
        eprintln!("\n{} failed. Its last steps:", self.test);
        let skipped = self.steps.len().saturating_sub(40);
        self.steps.iter().enumerate().skip(skipped).for_each(|(n, step)| eprintln!("  {n:4} {step}"));
        eprintln!(
            "Again: {whole}GALAPAGOS_CHAOS_SEED={} cargo test -p galapagos-e2e {}",
            self.seed, self.test
        );
    }
}
