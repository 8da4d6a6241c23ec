//! The processes of a run: what is around [`galapagos_run`] where a job runs in more than one process.
//!
//! [`roles`] names all that a process can be: [`coordinator`] (holds a job's run and hands out its individuals by the
//! book of [`lease`]), [`attend`] (a worker: evaluates what it leases), [`import`] (makes a dataset), [`serve`] (answers
//! with the signals of champions), [`deliver`] (copies results to other places), [`reader`] (lets results be copied out of a volume) and
//! [`doctor`] (looks at volumes and the network from inside a pod). [`fleet`] starts
//! workers on this machine; [`wire`] puts individuals and their worth into messages of the protocol. [`process`] and
//! [`metrics`] are what every role shares.
//!
//! Ids such as G4 or W5 are headings of docs/contract: work.md is for leases.

pub mod attend;
pub mod coordinator;
pub mod dashboard;
pub mod deliver;
pub mod doctor;
pub mod fleet;
pub mod import;
pub mod lease;
pub mod metrics;
pub mod process;
pub mod reader;
pub mod roles;
pub mod serve;
pub mod wire;

/// The wire, for those above this crate.
pub use galapagos_protocol as protocol;
