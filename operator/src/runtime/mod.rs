//! What any operator is made of: leadership, writes, watches, back-off.

pub mod backoff;
pub mod kube_io;
pub mod leader;
pub mod watches;
