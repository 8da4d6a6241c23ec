//! What a searcher keeps between two generations, as bytes inside a saved state: integers and f64 bits, little-endian.

use crate::config::Config;
use crate::rank::{Class, Outcome, Rank};
use crate::space::{Genome, Space};

pub(crate) fn put_u32(out: &mut Vec<u8>, value: u32) {
    out.extend(value.to_le_bytes());
}

pub(crate) fn put_u64(out: &mut Vec<u8>, value: u64) {
    out.extend(value.to_le_bytes());
}

pub(crate) fn put_f64s(out: &mut Vec<u8>, values: &[f64]) {
    values.iter().for_each(|value| out.extend(value.to_bits().to_le_bytes()));
}

/// A genome and its result.
pub(crate) fn put_result(out: &mut Vec<u8>, rank: &Rank, genome: &[u32], config: &Config) {
    let Outcome { class, fitness, further, violation, cell: _ } = rank.outcome(config);
    out.push(class as u8);
    put_f64s(out, &[violation, fitness]);
    put_f64s(out, &further);
    genome.iter().for_each(|&k| put_u32(out, k));
}

/// The bytes that are left. `None` from anything: they are not what was written.
pub(crate) struct Bytes<'a>(pub(crate) &'a [u8]);

impl Bytes<'_> {
    pub(crate) fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, tail) = self.0.split_first_chunk::<N>()?;
        self.0 = tail;
        Some(*head)
    }

    pub(crate) fn u32(&mut self) -> Option<u32> {
        self.take().map(u32::from_le_bytes)
    }

    pub(crate) fn u64(&mut self) -> Option<u64> {
        self.take().map(u64::from_le_bytes)
    }

    /// A finite number.
    pub(crate) fn f64(&mut self) -> Option<f64> {
        self.take().map(u64::from_le_bytes).map(f64::from_bits).filter(|value| value.is_finite())
    }

    /// Overwrites all values.
    pub(crate) fn f64s(&mut self, values: &mut [f64]) -> Option<()> {
        for value in values {
            *value = self.f64()?;
        }
        Some(())
    }

    /// A canonical genome of a space with its valid result.
    pub(crate) fn result(&mut self, space: &Space, config: &Config) -> Option<(Rank, Genome)> {
        let class = match self.take::<1>()? {
            [0] => Class::Feasible,
            [1] => Class::Infeasible,
            [2] => Class::Failed,
            _ => return None,
        };
        let (violation, fitness) = (self.f64()?, self.f64()?);
        let mut further = [0.0; 3];
        self.f64s(&mut further)?;
        let genome: Genome = space.lens().iter().map(|_| self.u32()).collect::<Option<_>>()?;
        let outcome = Outcome { class, fitness, further, violation, cell: None };
        let fits = outcome.is_valid() && space.canonical(&genome).ok().as_ref() == Some(&genome);
        fits.then(|| (Rank::of(&outcome, config.goal, config.several.as_ref()), genome))
    }
}
