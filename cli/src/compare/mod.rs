//! `galapagos compare`: where two results differ.

pub mod arguments;
pub mod difference;
pub mod show;
