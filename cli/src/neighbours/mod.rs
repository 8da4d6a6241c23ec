//! `galapagos neighbours`: two genes of an individual over a square of their grids, evaluated now.

pub mod arguments;
pub mod map;
pub mod show;
