//! The wire between coordinator, workers, operator and CLI: messages, mutual TLS, connections.
//!
//! docs/protocol.md tells who speaks to whom.

/// Coordinator and workers of one job (`proto/galapagos/work/v1/work.proto`).
#[allow(missing_docs, clippy::all, unused_qualifications, reason = "generated from the .proto file")]
pub mod work {
    include!("generated/galapagos.work.v1.rs");
}

/// A running job as the operator and the CLI see it (`proto/galapagos/progress/v1/progress.proto`).
#[allow(missing_docs, clippy::all, unused_qualifications, reason = "generated from the .proto file")]
pub mod progress {
    include!("generated/galapagos.progress.v1.rs");
}

pub mod bounds;
pub mod ends;
pub mod last_words;
pub mod tls;
pub mod transport;
