//! The controller of EvolutionJobs.

pub mod build;
pub mod status;
