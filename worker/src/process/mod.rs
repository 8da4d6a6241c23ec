//! What every role of the binary shares: arguments, logs, signals, probes and metrics over HTTP, exit codes.

pub mod exit;
pub mod stop;
