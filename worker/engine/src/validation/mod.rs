//! How much of a result is luck: the deflated Sharpe ratio and its parts.

pub mod normal;
pub mod sharpe;
