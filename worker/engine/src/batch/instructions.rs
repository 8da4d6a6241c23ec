//! Which instructions of the processor the batch path is compiled for and runs with.
//!
//! All sets give the same bits; only their speed differs. A set is a value that exists only where the processor has it, so
//! that a test can run them all and safe code can never run one that is missing.

use super::kernels::Portable;
#[cfg(target_arch = "x86_64")]
use super::kernels::x86::{Avx2, Avx512};

/// A set of instructions that this processor has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InstructionSet(pub(super) Kind);

/// The sets, each with the proof that the processor has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Portable(Portable),
    #[cfg(target_arch = "x86_64")]
    Avx2(Avx2),
    #[cfg(target_arch = "x86_64")]
    Avx512(Avx512),
}

impl InstructionSet {
    /// Plain Rust, which every processor runs.
    pub const PORTABLE: InstructionSet = InstructionSet(Kind::Portable(Portable));

    /// All sets that this processor has, the fastest first and [`Self::PORTABLE`] last.
    pub fn available() -> impl Iterator<Item = InstructionSet> {
        #[cfg(target_arch = "x86_64")]
        let special = [Avx512::detect().map(Kind::Avx512), Avx2::detect().map(Kind::Avx2)];
        #[cfg(not(target_arch = "x86_64"))]
        let special: [Option<Kind>; 0] = [];
        special.into_iter().flatten().map(InstructionSet).chain([InstructionSet::PORTABLE])
    }

    /// The fastest set that this processor has.
    pub fn best() -> InstructionSet {
        InstructionSet::available().next().unwrap_or(InstructionSet::PORTABLE)
    }

    /// Its name: `portable`, `avx2` or `avx512`.
    pub fn name(self) -> &'static str {
        match self.0 {
            Kind::Portable(_) => "portable",
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2(_) => "avx2",
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512(_) => "avx512",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where tests are required to cover certain sets, `GALAPAGOS_INSTRUCTION_SETS` names them, separated by blanks: a
    /// machine that lacks one would pass without having tried it.
    #[test]
    fn the_sets_that_must_be_tried_are_there() {
        let there: Vec<_> = InstructionSet::available().map(InstructionSet::name).collect();
        assert_eq!(there.last(), Some(&"portable"));
        let wanted = std::env::var("GALAPAGOS_INSTRUCTION_SETS").unwrap_or_default();
        let missing: Vec<_> = wanted.split_whitespace().filter(|name| !there.contains(name)).collect();
        assert!(missing.is_empty(), "this processor lacks {missing:?}; it has {there:?}");
    }
}
