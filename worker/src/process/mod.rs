//! What every role of the binary shares: arguments, logs, signals, probes and metrics over HTTP, exit codes.
//!
//! A role is an [`entry::Role`], called on the main thread inside a runtime: it may spawn tasks, block on
//! [`shell::Shell::runtime`], or just compute. Everything it shares with the process is in [`shell::Shell`]. Which roles
//! there are is not known here.

pub mod args;
pub mod entry;
pub mod exit;
pub mod health;
pub mod http;
pub mod job_file;
pub mod logs;
pub mod shell;
pub mod signals;
pub mod stop;
pub mod termination;

pub use shell::Shell;
