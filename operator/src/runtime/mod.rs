//! What any operator is made of, without a word of what this one is for: leadership, writes, watches, back-off, and what
//! is remembered of objects while they live.
//!
//! Nothing here knows a kind, a label or a name of Galapagos: they are arguments. `cli/tests/house.rs` reads the `use`
//! lines.

pub mod answers;
pub mod backoff;
pub mod ids;
pub mod kube_io;
pub mod leader;
pub mod metrics;
pub mod per_object;
pub mod recent;
pub mod watches;
