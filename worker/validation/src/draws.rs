//! Draws of the tests of a find (docs/determinism.md): one stream for each sample of a test, so that samples may be
//! made in any order and on any thread.
//!
//! key = BLAKE3("galapagos.validation.v1" ‖ seed as u64 little-endian); stream = test << 56 | subject << 32 | sample,
//! from word 0 on. Generator and conversions are those of breeding.

use galapagos_genetics::draws::Draws;

/// Bits of a subject inside a stream's number.
const SUBJECT_BITS: u32 = 24;

/// What is drawn. The numbers are part of every result: never renumber.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Test {
    /// Where trades are placed at random; the subject is the symbol's position by name.
    RandomEntry = 1,
    /// Blocks of the stationary bootstrap.
    Bootstrap = 2,
    /// Pairs of genes that are moved together.
    Pairs = 3,
    /// Rows at which the future is cut away; the subject is the symbol's position by name.
    Cuts = 4,
    /// Weights of the blocks in the reality check.
    RealityCheck = 5,
}

impl Test {
    /// All tests, by number.
    pub const ALL: [Test; 5] =
        [Test::RandomEntry, Test::Bootstrap, Test::Pairs, Test::Cuts, Test::RealityCheck];
}

/// The key of a job's draws for its tests.
pub fn key(seed: u64) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"galapagos.validation.v1");
    hasher.update(&seed.to_le_bytes());
    *hasher.finalize().as_bytes()
}

/// All streams of a job.
#[derive(Clone, Debug)]
pub struct Streams(Draws);

impl Streams {
    /// The streams of a job's seed.
    pub fn new(seed: u64) -> Streams {
        Streams(Draws::from_key(key(seed)))
    }

    /// The beginning of the stream of a sample; of the subject the lower 24 bits count.
    pub fn at(&mut self, test: Test, subject: u32, sample: u32) -> &mut Draws {
        let subject = subject & ((1 << SUBJECT_BITS) - 1);
        self.0.seek_stream((test as u64) << 56 | u64::from(subject) << 32 | u64::from(sample));
        &mut self.0
    }

    /// The stream that was asked for last, where it is now.
    pub fn current(&mut self) -> &mut Draws {
        &mut self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Contract H5.
    #[test]
    fn key_and_first_draws_never_change() {
        assert_eq!(key(0)[..8], [0x20, 0x09, 0xf5, 0xd4, 0x89, 0xff, 0x70, 0x04]);
        let mut streams = Streams::new(0);
        let draws = streams.at(Test::Bootstrap, 0, 0);
        assert_eq!([draws.u64(), draws.u64()], [3_889_576_009_925_803_519, 13_679_253_210_407_072_978]);
    }

    // Contract H5.
    #[test]
    fn every_sample_has_a_stream_of_its_own_wherever_one_comes_from() {
        let mut one = Streams::new(7);
        let mut seen = std::collections::BTreeSet::new();
        for test in Test::ALL {
            for (subject, sample) in [(0, 0), (0, 1), (1, 0), (0xff_ffff, u32::MAX)] {
                one.at(test, subject, sample).normal();
                let got = one.at(test, subject, sample).u64();
                assert_eq!(got, Streams::new(7).at(test, subject, sample).u64());
                assert!(seen.insert(got), "{test:?} {subject} {sample}");
            }
        }
    }
}
