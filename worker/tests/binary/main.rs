//! The real binary: its help, exit codes, logs, probes and signals.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

mod arguments;
mod import;
mod sandbox;
mod signals;
