//! The operator on a real cluster: what `kubectl apply` brings about, under every trouble that a cluster can make.
//!
//! Run by `make e2e`, which builds cluster, image and programs. A part of it, on a cluster that stays up:
//! `GALAPAGOS_KEEP_CLUSTER=1 e2e/run.sh NAME`. Tests are started by name; `z_rights` is the last one.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

mod harness;

mod alerts;
mod beside;
mod definitions;
mod deletion;
mod delivery;
mod foreign;
mod measured;
mod monitoring;
mod namespaced;
mod operator_life;
mod people;
mod plugin;
mod queue;
mod refusals;
mod results;
mod signals;
mod steering;
mod sweep;
mod trouble;
mod unstarted;
mod z_rights;
