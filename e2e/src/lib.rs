//! What the end-to-end tests share: the built programs as processes, and the ways to break what is around them.
//!
//! * [`program`], [`scratch`], [`jobs`], [`certificates`]: what a run needs.
//! * [`process`], [`cluster`], [`watcher`]: coordinator and workers of one job, and somebody who watches it.
//! * [`outcome`]: what must be the same afterwards.
//! * [`proxy`], [`relay`], [`fault`]: networks that stall and break, peers that lie, disks that fail.
//! * [`elsewhere`], [`prometheus`]: servers that results are delivered to, and one that reads the metrics; [`minutes`]: its rules
//!   in a hurry.
//! * [`screen`]: a terminal, and what a person sees in it.
//! * [`chaos`], [`random`]: seeded plans, and how to repeat one.
//!
//! Nothing here builds the programs: `make test` does.

#![allow(clippy::unwrap_used, reason = "this crate is tests only: a failed unwrap fails the test")]

pub mod certificates;
pub mod chaos;
pub mod cluster;
pub mod elsewhere;
pub mod fault;
pub mod jobs;
pub mod minutes;
pub mod outcome;
pub mod process;
pub mod program;
pub mod prometheus;
pub mod proxy;
pub mod random;
pub mod relay;
pub mod scratch;
pub mod screen;
pub mod watcher;
