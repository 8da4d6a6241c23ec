//! Seeded draws for plans of trouble. Never used where a result is computed.

use std::time::Duration;

/// SplitMix64 (Steele, Lea, Flood 2014): a stream that a seed repeats.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The stream of a seed.
    pub fn new(seed: u64) -> Random {
        Random(seed)
    }

    /// A stream of its own for part `n`: what one part draws does not move the others.
    pub fn part(&self, n: u64) -> Random {
        let mut mixed = Random(self.0 ^ n.wrapping_mul(0xd6e8_feb8_6659_fd93));
        Random(mixed.draw())
    }

    /// The next 64 bits.
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// In [0, 1).
    pub fn share(&mut self) -> f64 {
        (self.draw() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Below `n`; 0 for 0.
    pub fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.draw()) * u128::from(n)) >> 64) as u64
    }

    /// True with this probability.
    pub fn chance(&mut self, probability: f64) -> bool {
        self.share() < probability
    }

    /// Below `most`.
    pub fn duration(&mut self, most: Duration) -> Duration {
        most.mul_f64(self.share())
    }

    /// Below `most`, short ones more often: the start of a process, where files are opened and claimed, is where it is
    /// fragile.
    pub fn instant(&mut self, most: Duration) -> Duration {
        let share = self.share();
        most.mul_f64(if self.chance(0.25) { share * share * share } else { share })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats_its_stream_and_parts_differ() {
        let (mut a, mut b) = (Random::new(7), Random::new(7));
        assert_eq!([a.draw(), a.draw()], [b.draw(), b.draw()]);
        let whole = Random::new(7);
        assert_ne!(whole.part(1).draw(), whole.part(2).draw());
        assert_eq!(whole.part(1).draw(), whole.part(1).draw());
    }

    #[test]
    fn draws_stay_in_their_ranges() {
        let mut random = Random::new(1);
        for _ in 0..1000 {
            assert!(random.below(3) < 3);
            assert!((0.0..1.0).contains(&random.share()));
            assert!(random.instant(Duration::from_secs(1)) < Duration::from_secs(1));
        }
    }
}
