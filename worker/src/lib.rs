//! The process shell that joins genetics, engine and market: jobs, ledger, checkpoints, runs and results.
pub mod storage;
