//! The command `galapagos`: evolve trading strategies on one machine.
//!
//! Each verb is one file under `commands`. A verb reads its arguments, asks the crate `galapagos-run` to do the work
//! and prints; it holds no rules of trading or evolution itself.
#![allow(
    rustdoc::broken_intra_doc_links,
    reason = "docs of arguments are their help: brackets mean what may be left out"
)]

pub mod alike;
pub mod args;
pub mod backtest;
pub mod champion;
pub mod check;
pub mod cluster;
pub mod commands;
pub mod compare;
pub mod data_dir;
pub mod data_errors;
pub mod delivery;
pub mod estimate;
pub mod exit;
pub mod fetch_progress;
pub mod import_progress;
pub mod inputs;
pub mod interrupt;
pub mod live;
pub mod manifest;
pub mod manifest_text;
pub mod names;
pub mod neighbours;
pub mod objects;
pub mod opened;
pub mod output;
pub mod prior;
pub mod probe;
pub mod progress;
pub mod results_dir;
pub mod run_failure;
pub mod run_report;
pub mod set;
pub mod signal_files;
pub mod source;
pub mod sparkline;
pub mod strategy_files;
pub mod table;
pub mod terminal;
pub mod times;
pub mod ui;
pub mod validate;
pub mod verdict;
pub mod walk;
pub mod warm_start;
pub mod workers;
