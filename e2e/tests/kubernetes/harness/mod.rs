//! What the cases share.
//!
//! * [`cluster`]: the machine's cluster and its programs.
//! * [`operator`]: installed once by helm, then killed, upgraded and stopped by cases that run alone.
//! * [`space`]: a namespace with a volume, data and a pool; what a case asks of the API.
//! * [`faults`]: rights, policies, volumes and memory that are taken away for a while.
//! * [`manifests`]: jobs and pools that are small and slow enough to be hit.
//! * [`monitor`]: a real Prometheus that reads the cluster by what the chart ships.
//! * [`reference`](mod@reference): what one undisturbed process finds for a job.
//! * [`wait`]: waiting on conditions with a limit. No case sleeps.
//! * [`witness`]: sees all pods of a whole case.
//! * [`case`](mod@case): runs a case beside others or alone, and tells everything when it fails.

pub mod case;
pub mod cluster;
pub mod faults;
pub mod manifests;
pub mod monitor;
pub mod operator;
pub mod reference;
pub mod space;
pub mod wait;
pub mod witness;

pub use case::{alone, case};
pub use space::Space;
