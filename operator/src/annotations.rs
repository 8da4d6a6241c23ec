//! Annotations of children.

/// Of what a Deployment's pods were made: version of the operator, generation of the pool, attempt.
pub const ORIGIN: &str = "galapagos.dev/origin";
