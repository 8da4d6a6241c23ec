//! Annotations of children.

/// Of what a child's pods were made: version of the operator, generation of the pool, what flags of the operator say
/// about pods, attempt.
pub const ORIGIN: &str = "galapagos.dev/origin";
/// By which operator a coordinator's Job was made: its namespace and its authority.
pub const OPERATOR: &str = "galapagos.dev/operator";
