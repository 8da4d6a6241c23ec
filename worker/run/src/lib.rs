//! A run of a job: what joins genetics, engine and market. It knows no network, no runtime and no process: those who
//! run jobs (the command line, the coordinator) call it.
//!
//! ```no_run
//! use std::path::Path;
//! use std::sync::atomic::AtomicBool;
//!
//! use galapagos_run::job::market::Market;
//! use galapagos_run::job::resolve::ResolvedJob;
//! use galapagos_run::run::progress::RunEvent;
//! use galapagos_run::execute::{Options, RunOutcome, run};
//!
//! # fn example(manifest: galapagos_crds::EvolutionJob) -> Result<(), Box<dyn std::error::Error>> {
//! let market = Market::of_job(Path::new("./data"), &manifest.spec)?;
//! let job = ResolvedJob::new(&manifest, &market.facts())?;
//! let interrupt = AtomicBool::new(false); // raise it from a signal handler
//! let mut observer = |event: RunEvent<'_>| if let RunEvent::Generation { report, .. } = event { let _ = report.best; };
//! match run(&job, &market, &Options::new(Path::new("./results")), &mut observer, &interrupt)? {
//!     RunOutcome::Finished { result, folder, .. } => { let _ = (result.result_digest, folder); }
//!     RunOutcome::Interrupted { generation, .. } => { let _ = generation; } // the same call continues
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Layers, each knowing only those below it: [`execute`] (one process), [`results`], [`run`] (the driver, which knows
//! nothing of how evaluation happens, and local threads), [`job`] (manifest and data resolved), [`storage`].
//!
//! Ids such as G4 or J5 are headings of docs/contract: state.md is for what is on disk.

pub mod as_rules;
pub mod catalogue;
pub mod dashboard;
pub mod examine;
pub mod execute;
pub mod export;
pub mod job;
pub mod pictures;
pub mod report;
pub mod results;
pub mod run;
pub mod signal;
pub mod storage;
pub mod validate;

/// The engine, for those above this crate: the arrows of the house end here.
pub use galapagos_engine as engine;
/// Market data, likewise.
pub use galapagos_market as market;
pub use galapagos_rules as rules;
