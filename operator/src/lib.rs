//! The operator of Galapagos: runs EvolutionJobs on Kubernetes.
//!
//! `plan` and everything under `children` and `status` is pure; `runtime::kube_io` holds the only writes. What it promises
//! is docs/contract/cluster.md, whose headings are the ids K1 to K14.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "the pure modules deny them: see clippy.toml"
)]

pub mod annotations;
pub mod believed;
pub mod certificates;
pub mod context;
pub mod controllers;
pub mod event_recorder;
pub mod evolution_job;
pub mod http;
pub mod kinds;
pub mod labels;
pub mod life;
pub mod logs;
pub mod memory;
pub mod metrics;
pub mod names;
pub mod origin;
pub mod plan;
pub mod ports;
pub mod progress;
pub mod run;
pub mod runtime;
pub mod settings;
pub mod signals;
pub mod template;
pub mod watches;
pub mod worker_pool;
