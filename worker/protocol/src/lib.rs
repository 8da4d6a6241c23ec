//! The wire between coordinator, workers, operator and CLI.

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
