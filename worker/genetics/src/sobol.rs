//! Sobol's sequence in base 2: points that fill a space more evenly than uniform draws. Direction numbers of Joe and Kuo
//! (2008), in the order of Antonov and Saleev (1979), each gene scrambled by Owen's nested permutations as hashed by Laine
//! and Karras (2011), in the form of Burley (2020).

use crate::config::Config;
use crate::draws::Draws;
use crate::joe_kuo::TABLE;
use crate::memory::{Bytes, put_u64};
use crate::searcher::{Place, Propose, Told};
use crate::space::Space;

/// Bits of a coordinate.
const BITS: usize = 32;

/// Points tried for one candidate before a uniform draw takes its place.
const TRIES: u8 = 64;

/// The sequence of one species.
#[derive(Clone, Debug)]
pub(crate) struct Sobol {
    genes: Vec<usize>,
    /// Per gene that draws: its direction numbers and the seed of its scramble.
    directions: Vec<([u32; BITS], u32)>,
    /// The point that the next generation begins with.
    next: u64,
    /// The point that the open generation tries next.
    open: u64,
}

impl Sobol {
    /// Draws one u64 a gene with a choice, of which the low half scrambles.
    pub(crate) fn new(genes: &[usize], draws: &mut Draws) -> Sobol {
        let directions = (0..genes.len()).map(|i| (directions(i), draws.u64() as u32)).collect();
        Sobol { genes: genes.to_vec(), directions, next: 0, open: 0 }
    }
}

impl Propose for Sobol {
    fn tries(&self) -> u8 {
        TRIES
    }

    fn begin(&mut self, _space: &Space) {
        self.open = self.next;
    }

    fn propose(&mut self, place: &mut Place<'_>, genome: &mut [u32]) {
        genome.fill(0);
        for (&gene, (directions, seed)) in self.genes.iter().zip(&self.directions) {
            let coordinate = scrambled(point(self.open, directions), *seed);
            genome[gene] = ((u64::from(coordinate) * u64::from(place.space.lens()[gene])) >> BITS) as u32;
        }
        self.open += 1;
    }

    fn tell(&mut self, _told: &[Told<'_>], _space: &Space, _config: &Config, _draws: &mut Draws) {
        self.next = self.open;
    }

    fn save(&self, _config: &Config, out: &mut Vec<u8>) {
        put_u64(out, self.next);
    }

    fn restore(&mut self, bytes: &mut Bytes<'_>, _space: &Space, _config: &Config) -> Option<()> {
        self.next = bytes.u64()?;
        Some(())
    }
}

/// The direction numbers of a dimension, the first bit the highest.
fn directions(dimension: usize) -> [u32; BITS] {
    let mut m = [1_u64; BITS];
    if let Some([polynomial, first @ ..]) = dimension.checked_sub(1).and_then(|row| TABLE.get(row).copied()) {
        let degree = first.len();
        for k in 0..BITS {
            m[k] = match first.get(k) {
                Some(&given) => given.into(),
                None => (1..=degree).fold(m[k - degree], |sum, i| {
                    let bit = u64::from(polynomial >> (degree - i) & 1);
                    sum ^ (bit * m[k - i]) << i
                }),
            };
        }
    }
    std::array::from_fn(|k| (m[k] << (BITS - 1 - k)) as u32)
}

/// Point `n` in the order of the Gray code; the sequence begins anew after 2^32 points.
fn point(n: u64, directions: &[u32; BITS]) -> u32 {
    let n = n as u32;
    let gray = n ^ n >> 1;
    directions.iter().enumerate().filter(|(k, _)| gray >> k & 1 == 1).fold(0, |sum, (_, v)| sum ^ v)
}

/// A nested uniform scramble: each bit is flipped by a hash of those above it.
fn scrambled(x: u32, seed: u32) -> u32 {
    let mut x = x.reverse_bits().wrapping_add(seed);
    x ^= x.wrapping_mul(0x6c50_b47c);
    x ^= x.wrapping_mul(0xb82f_1e52);
    x ^= x.wrapping_mul(0xc7af_e638);
    x ^= x.wrapping_mul(0x8d22_f6e6);
    x.reverse_bits()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::MAX_GENES;

    // Contract G13.
    /// Values of scipy 1.17.1, `qmc.Sobol(256, scramble=False, bits=32)`, times 2^32.
    #[test]
    fn points_are_those_of_another_implementation() {
        let dimensions = [0, 1, 2, 5, 40, 100, 200, 255];
        let vectors: [(u64, [u32; 8]); 5] = [
            (1, [2147483648; 8]),
            (
                5,
                [3758096384, 3758096384, 536870912, 2684354560, 1610612736, 536870912, 536870912, 3758096384],
            ),
            (
                100,
                [
                    1778384896, 1107296256, 3321888768, 3187671040, 3053453312, 167772160, 3657433088,
                    2449473536,
                ],
            ),
            (
                777,
                [
                    2973761536, 4022337536, 700448768, 1530920960, 3099590656, 3619684352, 4257218560,
                    2730491904,
                ],
            ),
            (
                1023,
                [4194304, 3233808384, 2629828608, 1883242496, 2713714688, 1019215872, 2831155200, 3619684352],
            ),
        ];
        for (n, expected) in vectors {
            assert_eq!(dimensions.map(|d| point(n, &directions(d))), expected, "point {n}");
        }
    }

    #[test]
    fn every_gene_of_the_largest_space_has_a_row_of_its_own() {
        assert_eq!(TABLE.len() + 1, MAX_GENES);
        let all: std::collections::BTreeSet<_> = (0..MAX_GENES).map(directions).collect();
        assert_eq!(all.len(), MAX_GENES);
    }

    /// Scrambling keeps what makes the points even: the first 2^n of them lie in different 2^n-ths of each axis.
    #[test]
    fn a_scrambled_axis_is_as_even_as_the_plain_one() {
        for dimension in [0, 1, 7, 255] {
            let directions = directions(dimension);
            for seed in [0, 1, 0xdead_beef] {
                let mut cells: Vec<u32> =
                    (0..1024).map(|n| scrambled(point(n, &directions), seed) >> 22).collect();
                cells.sort_unstable();
                assert_eq!(cells, (0..1024).collect::<Vec<_>>());
            }
        }
    }
}
