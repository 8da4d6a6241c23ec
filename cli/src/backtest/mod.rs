//! What `galapagos backtest` consists of: data, options, the run, what is printed and written.

pub mod arguments;
pub mod check;
pub mod data;
pub mod options;
pub mod replay;
pub mod report;
pub mod single;
pub mod tested;
pub mod write;
