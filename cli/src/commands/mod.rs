//! One file per verb.

pub mod completions;
pub mod init;
pub mod strategies;
