//! `galapagos check`: strategies of one's own, read, examined and printed.

pub mod arguments;
pub mod data;
pub mod load;
pub mod report;
pub mod text;
