//! Manifests for trouble: small enough to run often, long enough to be hit.

use std::path::Path;

use crate::program;

/// A job on the random walk of [`crate::scratch`].
#[derive(Clone, Debug)]
pub struct Job {
    /// Its name.
    pub name: String,
    /// Individuals of a generation.
    pub population: u32,
    /// Generations.
    pub generations: u32,
    /// Seed of the evolution.
    pub seed: u64,
    /// `execution.window`. With `Full` each individual is simulated by itself, bar by bar: a known amount of work.
    pub window: &'static str,
}

impl Job {
    /// Milliseconds a generation, which is mostly files and messages: for kills at the boundaries.
    pub fn small(seed: u64) -> Job {
        Job { name: "small".to_owned(), population: 24, generations: 12, seed, window: "AfterWarmUp" }
    }

    /// Several seconds of evaluation: for kills of workers that are busy.
    pub fn busy(seed: u64) -> Job {
        Job { name: "busy".to_owned(), population: 240, generations: 12, seed, window: "AfterWarmUp" }
    }

    /// The manifest. No stop but the number of generations, so that every run has the same length.
    pub fn manifest(&self) -> String {
        let Job { name, population, generations, seed, window } = self;
        format!(
            "\
apiVersion: galapagos.dev/v1alpha1
kind: EvolutionJob
metadata: {{name: {name}}}
spec:
  marketData: {{dataset: walk, symbols: [WALK], interval: 1h, calendar: {{type: Continuous}}}}
  strategies:
  - {{name: sma_crossover, genes: [{{name: slow_period, min: 10, max: 120}}]}}
  - {{name: rsi_filter}}
  - {{name: atr_stop_loss}}
  population: {{size: {population}, seed: {seed}}}
  generations: {generations}
  execution: {{side: LongShort, takerFee: \"0.0001\", window: {window}}}
  stop: {{patience: 100000}}
"
        )
    }
}

/// A sample manifest of the project, cut to so many generations.
pub fn sample(name: &str, generations: u32) -> String {
    let path = program::root().join("deploy/examples").join(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let mut replaced = 0;
    let lines: Vec<String> = text
        .lines()
        .map(|line| {
            if !line.starts_with("  generations:") {
                return line.to_owned();
            }
            replaced += 1;
            format!("  generations: {generations}")
        })
        .collect();
    assert_eq!(replaced, 1, "{name} has one line with the generations");
    lines.join("\n") + "\n"
}

/// Writes a manifest beside others.
pub fn write(folder: &Path, text: &str) -> std::path::PathBuf {
    let path = folder.join("job.yaml");
    std::fs::write(&path, text).unwrap();
    path
}
