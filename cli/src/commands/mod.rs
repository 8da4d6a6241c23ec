//! One file per verb.

pub mod backtest;
pub mod check;
pub mod cluster;
pub mod compare;
pub mod completions;
pub mod data;
pub mod dev;
pub mod estimate;
pub mod export;
pub mod fetch;
pub mod front;
pub mod functions;
pub mod import;
pub mod import_signals;
pub mod init;
pub mod lookahead;
pub mod neighbours;
pub mod render;
pub mod report;
pub mod run;
pub mod serve;
pub mod signal;
pub mod strategies;
pub mod validate;
