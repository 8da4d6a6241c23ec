//! Comparisons of a block of rows, one bit per row: written once in plain Rust and once per instruction set. All
//! forms give the same bits, since a comparison of f64 has one answer.
#![allow(unsafe_code)]

use super::latch::states;
use super::singles::{Beside, Singles};
use super::smooth::SIDE;
use super::{BLOCK, Bits, WORDS};

/// The comparison `a > b`.
pub(super) const GT: u8 = 0;
/// The comparison `a < b`.
pub(super) const LT: u8 = 1;
/// The comparison `a >= b`.
pub(super) const GE: u8 = 2;
/// The comparison `a <= b`.
pub(super) const LE: u8 = 3;

/// Rows of one block of one series.
pub(crate) type Rows = [f64; BLOCK];

/// The same of whole numbers.
pub(crate) type WholeRows = [i64; BLOCK];

/// Numbers of one row that are transposed together.
pub(crate) type Line = [f64; SIDE];

/// One instruction set: a value of it is the proof that the processor has the instructions. `OP` is one of [`GT`], [`LT`], [`GE`], [`LE`]; a comparison with NaN is false.
pub(crate) trait Isa: Copy {
    /// Bit t: `a[t] OP b[t] * factor` (the product rounded once).
    fn scaled<const OP: u8>(self, a: &Rows, b: &Rows, factor: f64) -> Bits;

    /// Bit t: `a[t] OP b[t]`.
    fn pair<const OP: u8>(self, a: &Rows, b: &Rows) -> Bits;

    /// Bit t: `a[t] OP level`.
    fn level<const OP: u8>(self, a: &Rows, level: f64) -> Bits;

    /// Bit t: `a[t] * m > b[t] * n`, and the same with `<` (each product rounded once).
    fn order(self, a: &Rows, m: f64, b: &Rows, n: f64) -> (Bits, Bits);

    /// Bit t: `a[t] < b[t]`.
    fn whole(self, a: &WholeRows, b: &WholeRows) -> Bits;

    /// Bit t: `a[t] * m < b[t] * n`; all four fit into 32 bits.
    fn products(self, a: &WholeRows, m: i64, b: &WholeRows, n: i64) -> Bits;

    /// Bit t: `a[t] OP level`; `OP` is [`GT`] or [`LT`].
    fn whole_level<const OP: u8>(self, a: &WholeRows, level: i64) -> Bits;

    /// Whether comparisons of 32 bits answer anything.
    const SINGLES: bool = false;

    /// Bit t: `a[t] > b[t] * factor`, or with `BELOW` `a[t] < b[t] * factor`, as far as 32 bits tell. Answers false where some
    /// row lies nearer than the doubt, and only the numbers can tell.
    #[inline(always)]
    fn single_order<const BELOW: bool>(
        self,
        _a: &Singles,
        _b: &Singles,
        _by: &Beside,
        _out: &mut Bits,
    ) -> bool {
        false
    }

    /// The same of a level in place of `b`.
    #[inline(always)]
    fn single_level<const BELOW: bool>(self, _a: &Singles, _by: &Beside, _out: &mut Bits) -> bool {
        false
    }

    /// The distances of a block from a base in 32 bits, laid out by their [places](super::singles::place), and the largest
    /// of them without its sign.
    #[inline(always)]
    fn singles(self, _rows: &Rows, _base: f64, _out: &mut [f32; BLOCK]) -> f32 {
        f32::INFINITY
    }

    /// Columns as rows.
    #[inline(always)]
    fn transposed(self, lines: [&Line; SIDE]) -> [Line; SIDE] {
        std::array::from_fn(|column| std::array::from_fn(|row| lines[row][column]))
    }

    /// The bits of the row before each, `before` (0 or 1) that before the first.
    #[inline(always)]
    fn earlier(self, x: &Bits, before: u64) -> Bits {
        std::array::from_fn(|w| x[w] << 1 | if w == 0 { before } else { x[w - 1] >> 63 })
    }

    /// The states of a [latch](super::latch::states).
    #[inline(always)]
    fn states(self, set: &Bits, reset: &Bits, carry: &mut u64) -> Bits {
        states(set, reset, carry)
    }
}

/// Plain Rust: the form the others are tested against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Portable;

#[inline(always)]
fn holds<const OP: u8>(a: f64, b: f64) -> bool {
    match OP {
        GT => a > b,
        LT => a < b,
        GE => a >= b,
        _ => a <= b,
    }
}

#[inline(always)]
fn bits_of(holds: impl Fn(usize) -> bool) -> Bits {
    let mut out = [0; WORDS];
    for (w, word) in out.iter_mut().enumerate() {
        for bit in 0..64 {
            *word |= u64::from(holds(w * 64 + bit)) << bit;
        }
    }
    out
}

impl Isa for Portable {
    #[inline(always)]
    fn scaled<const OP: u8>(self, a: &Rows, b: &Rows, factor: f64) -> Bits {
        bits_of(|t| holds::<OP>(a[t], b[t] * factor))
    }

    #[inline(always)]
    fn pair<const OP: u8>(self, a: &Rows, b: &Rows) -> Bits {
        bits_of(|t| holds::<OP>(a[t], b[t]))
    }

    #[inline(always)]
    fn level<const OP: u8>(self, a: &Rows, level: f64) -> Bits {
        bits_of(|t| holds::<OP>(a[t], level))
    }

    #[inline(always)]
    fn order(self, a: &Rows, m: f64, b: &Rows, n: f64) -> (Bits, Bits) {
        (bits_of(|t| a[t] * m > b[t] * n), bits_of(|t| a[t] * m < b[t] * n))
    }

    #[inline(always)]
    fn whole(self, a: &WholeRows, b: &WholeRows) -> Bits {
        bits_of(|t| a[t] < b[t])
    }

    #[inline(always)]
    fn products(self, a: &WholeRows, m: i64, b: &WholeRows, n: i64) -> Bits {
        bits_of(|t| a[t].wrapping_mul(m) < b[t].wrapping_mul(n))
    }

    #[inline(always)]
    fn whole_level<const OP: u8>(self, a: &WholeRows, level: i64) -> Bits {
        bits_of(|t| if OP == GT { a[t] > level } else { a[t] < level })
    }
}

#[cfg(target_arch = "x86_64")]
pub(super) mod x86;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::series::Block;
    use crate::batch::singles::place;

    fn rows(seed: u64) -> Box<Rows> {
        let mut x = seed;
        let mut out = Box::new([0.0; BLOCK]);
        for v in out.iter_mut() {
            x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            *v = match x >> 61 {
                0 => f64::NAN,
                1 => -0.0,
                _ => ((x >> 33) % 7) as f64,
            };
        }
        out
    }

    /// Numbers of 32 bits with many that are equal, the least and the largest among them.
    fn whole(rows: &Rows) -> Box<WholeRows> {
        Box::new(rows.map(|x| match x as i64 {
            0 if x.is_nan() => i32::MIN.into(),
            5 => i32::MAX.into(),
            x => x - 3,
        }))
    }

    fn all<I: Isa>(isa: I, a: &Rows, b: &Rows) -> Vec<Bits> {
        let (x, y) = (whole(a), whole(b));
        let far = x.map(|x| x << 31);
        vec![
            isa.whole(&x, &y),
            isa.whole(&y, &far),
            isa.products(&x, 3, &y, 2),
            isa.products(&x, i32::MIN.into(), &y, i32::MAX.into()),
            isa.whole_level::<GT>(&far, -1),
            isa.whole_level::<LT>(&far, i64::MIN),
            isa.whole_level::<LT>(&x, 1),
            isa.pair::<GT>(a, b),
            isa.pair::<LT>(a, b),
            isa.pair::<GE>(a, b),
            isa.pair::<LE>(a, b),
            isa.scaled::<GT>(a, b, 1.5),
            isa.scaled::<LT>(a, b, 0.5),
            isa.level::<GE>(a, 3.0),
            isa.level::<LE>(a, 0.0),
            isa.order(a, 1.5, b, 3.0).0,
            isa.order(a, 1.5, b, 3.0).1,
            squared(isa, a),
            isa.states(&isa.pair::<GT>(a, b), &isa.pair::<LT>(a, b), &mut 0),
            isa.states(&isa.pair::<GT>(a, b), &[0; WORDS], &mut 0),
            isa.states(&[0; WORDS], &[0; WORDS], &mut 1),
            isa.earlier(&isa.pair::<GT>(a, b), 0),
            isa.earlier(&isa.pair::<LT>(a, b), 1),
        ]
    }

    /// The bits of a square of numbers, each its own, before and after.
    fn squared<I: Isa>(isa: I, a: &Rows) -> Bits {
        let square: [Line; SIDE] =
            std::array::from_fn(|i| std::array::from_fn(|j| a[i * SIDE + j] + (i * 9 + j) as f64));
        let turned = isa.transposed(std::array::from_fn(|i| &square[i]));
        for (i, row) in square.iter().enumerate() {
            for (j, x) in row.iter().enumerate() {
                assert_eq!(x.to_bits(), turned[j][i].to_bits());
            }
        }
        [turned[1][2].to_bits(); WORDS]
    }

    /// Numbers like prices, some of which differ by less than 32 bits can tell if `near`.
    fn prices(seed: u64, near: bool) -> Box<Block> {
        let noise = rows(seed);
        let mut block = Box::new(Block::ZERO);
        for (t, (x, noise)) in block.rows.iter_mut().zip(noise.iter()).enumerate() {
            let noise = if noise.is_nan() { 6.5 } else { *noise };
            *x = 30_000.0
                + (t * t % 97) as f64
                + if near { noise * 1e-5 } else { noise + 1.0 / (3 + seed) as f64 };
        }
        block
    }

    fn in_32_bits<I: Isa>(isa: I) {
        let singles = |block: &Block| {
            let mut singles = Box::new(Singles::ZERO);
            singles.fill(isa, &block.rows);
            singles
        };
        let (mut told, mut refused) = (0, 0);
        for seed in 0..40 {
            let (a, b) = (prices(seed, false), prices(seed + 7, seed % 4 == 0));
            let (x, y) = (singles(&a), singles(&b));
            assert!((0..BLOCK).all(|t| x.rows[place(t)] == (a.rows[t] - a.rows[BLOCK / 2]) as f32));
            for factor in [1.0, 1.001, 0.999, 0.5] {
                let (by, [mut above, mut below]) = (Beside::series(&x, &y, factor), [[0; WORDS]; 2]);
                let tells = isa.single_order::<false>(&x, &y, &by, &mut above);
                assert_eq!(isa.single_order::<true>(&x, &y, &by, &mut below), tells);
                if tells {
                    assert_eq!(above, isa.scaled::<GT>(&a.rows, &b.rows, factor), "seed {seed} x {factor}");
                    assert_eq!(below, isa.scaled::<LT>(&a.rows, &b.rows, factor));
                    told += 1;
                } else {
                    refused += 1;
                }
            }
            for level in [a.rows[17], 30_040.25, 29_000.0] {
                let (by, [mut above, mut below]) = (Beside::level(&x, level), [[0; WORDS]; 2]);
                let tells = isa.single_level::<false>(&x, &by, &mut above);
                assert_eq!(isa.single_level::<true>(&x, &by, &mut below), tells);
                if tells {
                    assert_eq!(above, isa.level::<GT>(&a.rows, level));
                    assert_eq!(below, isa.level::<LT>(&a.rows, level));
                    told += 1;
                } else {
                    refused += 1;
                }
            }
            let same = Beside::series(&x, &x, 1.0);
            assert!(
                !isa.single_order::<false>(&x, &x, &same, &mut [0; WORDS]),
                "equal rows are not told apart"
            );
        }
        edge(isa, singles);
        tiny(isa, singles);
        assert!(told > 100 && refused > 20, "told {told}, refused {refused}");
    }

    /// Distances and factors that 32 bits have few digits of: what is told of one row beside the base is what 64 bits say.
    fn tiny<I: Isa>(isa: I, singles: impl Fn(&Block) -> Box<Singles>) {
        for (factor, a, base, b) in [
            (1e20, 2.648522833596219e-22, -1.5213303097078235e-22, 2.6488703166913857e-42),
            (1e10, 1.88734044552742e-33, -7.725080296798873e-34, 1.8852287378107145e-43),
            (1e-40, 1.8013764148904025e-10, -7.696514356315398e-11, 1.8013806164413256e30),
            (1e-46, 2.2228772245184258e-10, -3.760493282293328e-10, 6.177265741807242e36),
        ] {
            let block = |base: f64, x: f64| {
                let mut block = Box::new(Block::ZERO);
                block.rows = [base; BLOCK];
                block.rows[7] = x;
                block
            };
            let (a, b) = (block(base, a), block(0.0, b));
            let (x, y, mut bits) = (singles(&a), singles(&b), [0; WORDS]);
            if isa.single_order::<false>(&x, &y, &Beside::series(&x, &y, factor), &mut bits) {
                assert_eq!(bits, isa.scaled::<GT>(&a.rows, &b.rows, factor), "times {factor}");
            }
        }
    }

    /// One row at a time lies a few roundings from the other series, where 32 bits alone would err; behind the last row
    /// stands what is no number.
    fn edge<I: Isa>(isa: I, singles: impl Fn(&Block) -> Box<Singles>) {
        let (mut alone_wrong, mut told) = (0, 0);
        for seed in 0..60 {
            let mut b = prices(seed, false);
            b.rows[400..].fill(f64::NAN);
            let row = (seed as usize * 37) % 400;
            let factor = 1.0 + (seed % 7) as f64 * 0.000_123;
            for k in -40_i32..=40 {
                let mut a = b.clone();
                a.rows.iter_mut().for_each(|x| *x *= 1.1);
                let near = b.rows[row] * factor;
                // Distances of some thousands, whose roundings are 0.0002 large and whose doubt is 0.003.
                a.rows[row] = near + f64::from(k * k.abs()) * 4e-6;
                let (x, y) = (singles(&a), singles(&b));
                let (place, by) = (place(row), Beside::series(&x, &y, factor));
                let exact = isa.scaled::<GT>(&a.rows, &b.rows, factor);
                let above = exact[row / 64] >> (row % 64) & 1 == 1;
                let apart = y.rows[place] * by.factor + by.shift - x.rows[place];
                alone_wrong += usize::from((apart < 0.0) != above);
                let mut bits = [0; WORDS];
                if isa.single_order::<false>(&x, &y, &by, &mut bits) {
                    let rows =
                        |bits: &Bits| (0..400).map(|t| bits[t / 64] >> (t % 64) & 1).collect::<Vec<u64>>();
                    assert_eq!(rows(&bits), rows(&exact), "seed {seed}, step {k}");
                    told += 1;
                }
            }
        }
        assert!(alone_wrong > 30 && told > 100, "{alone_wrong} alone, told {told}");
    }

    #[cfg(target_arch = "x86_64")]
    #[test]
    fn what_32_bits_tell_is_what_64_bits_say() {
        if let Some(isa) = x86::Avx512::detect() {
            in_32_bits(isa);
        }
        if let Some(isa) = x86::Avx2::detect() {
            in_32_bits(isa);
        }
    }

    #[test]
    fn every_instruction_set_gives_the_bits_of_plain_rust() {
        for seed in 0..20 {
            let (a, b) = (rows(seed), rows(seed + 1000));
            let plain = all(Portable, &a, &b);
            let row = |bits: &Bits| bits[3] >> 5 & 1 == 1;
            let (x, y) = (whole(&a)[3 * 64 + 5], whole(&b)[3 * 64 + 5]);
            assert_eq!((row(&plain[0]), row(&plain[2])), (x < y, x * 3 < y * 2));
            assert_eq!(row(&plain[7]), a[3 * 64 + 5] > b[3 * 64 + 5]);
            let [earlier, first] = [plain.len() - 2, plain.len() - 1].map(|i| plain[i]);
            for t in 1..BLOCK {
                assert_eq!(earlier[t / 64] >> (t % 64) & 1 == 1, a[t - 1] > b[t - 1], "row {t}");
            }
            assert_eq!((earlier[0] & 1, first[0] & 1), (0, 1));
            #[cfg(target_arch = "x86_64")]
            {
                if let Some(isa) = x86::Avx512::detect() {
                    assert_eq!(plain, all(isa, &a, &b));
                }
                if let Some(isa) = x86::Avx2::detect() {
                    assert_eq!(plain, all(isa, &a, &b));
                }
            }
        }
    }
}
