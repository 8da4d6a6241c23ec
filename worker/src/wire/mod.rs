//! Evaluations, tasks and answers as messages of the protocol, and back with every doubt checked.
//!
//! What comes over the wire is either exactly what was sent, to the bit, or a [`WireError`]: never a value that an
//! evaluation cannot have (an infinite metric that cannot be infinite, a NaN, a number no metric has, sums of another length).
//!
//! * [`evaluation`]: what an individual is worth.
//! * [`answer`]: an evaluation or an exception, with the hash of the genome it is of.
//! * [`task`]: an individual to evaluate.

pub mod answer;
pub mod evaluation;
pub mod task;

pub use answer::{ReceivedAnswer, answer_from_wire, answer_to_wire};
pub use evaluation::{from_wire, to_wire};
pub use task::{task_from_wire, task_to_wire};

use galapagos_run::storage::digest::Digest;

/// A message that the other side cannot have meant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// A field that must be there is not.
    #[error("{field} is missing")]
    Missing {
        /// Name of the field.
        field: &'static str,
    },
    /// A field of another length.
    #[error("{field} has {found} items, not {expected}")]
    Length {
        /// Name of the field.
        field: &'static str,
        /// Number of items that it has.
        found: usize,
        /// What it must have.
        expected: usize,
    },
    /// A number that stands for nothing.
    #[error("{field} is {found}, which this engine does not know")]
    Unknown {
        /// Name of the field.
        field: &'static str,
        /// The number that was sent.
        found: u64,
    },
    /// A metric that no evaluation can have: NaN, infinite where it cannot be, or a negative zero.
    #[error("metric {metric} has the bits {bits:#018x}, which no evaluation has")]
    Metric {
        /// Name of the metric.
        metric: &'static str,
        /// The bits that were sent.
        bits: u64,
    },
    /// Fields that contradict each other.
    #[error("{problem}")]
    Contradiction {
        /// What does not fit.
        problem: &'static str,
    },
}

/// The 32 bytes of a digest.
///
/// # Errors
/// Another number of bytes.
pub fn digest_from_wire(field: &'static str, bytes: &[u8]) -> Result<Digest, WireError> {
    array(field, bytes).map(Digest::new)
}

fn array<const N: usize>(field: &'static str, bytes: &[u8]) -> Result<[u8; N], WireError> {
    bytes.try_into().map_err(|_| WireError::Length { field, found: bytes.len(), expected: N })
}
