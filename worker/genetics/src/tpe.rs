//! The tree-structured Parzen estimator (Bergstra and others 2011) over all genes at once (Falkner and others 2018, Watanabe
//! 2023): of some draws from the density of the best genomes the one that is likeliest there against the density of the
//! others. Whatever the open generation has asked for already counts among the others (the constant liar, Ginsbourger and others 2010).

use crate::config::Config;
use crate::draws::{Draws, Purpose};
use crate::kernels::{Axes, Kernels};
use crate::memory::{Bytes, put_result, put_u32, put_u64};
use crate::rank::{Individual, Rank};
use crate::searcher::{Place, Propose, Told, ordered};
use crate::space::{Genome, Space};

/// Most genomes that count as good; the root of their number, until that is more.
const GOOD: usize = 25;

/// Most others that are kept: the newest.
const OTHERS: usize = 128;

/// Most genomes of the open generation among the others: the newest.
const LIARS: usize = 128;

/// Least widths of kernels, of the good ones and of the others: these, divided by the number of evaluations, at most `WIDEST`. A
/// few good ones lie close together by chance, and without a least width nothing else would be looked at again; the others'
/// is smaller, or they would cover what is good.
const LEAST: [f64; 2] = [10.0, 3.0];

/// The largest least width.
const WIDEST: f64 = 0.15;

/// Draws of which the best is proposed.
const DRAWN: u32 = 24;

/// Evaluations before the densities mean anything.
const START: u64 = 10;

/// What one species remembers.
#[derive(Clone, Debug)]
pub(crate) struct Tpe {
    axes: Axes,
    /// Distinct evaluations so far.
    evaluations: u64,
    /// The best of them, best first, at most `GOOD`.
    best: Vec<(Rank, Genome)>,
    /// The newest of the others, oldest first.
    others: Vec<(Rank, Genome)>,
    /// Densities of the open generation: of the good ones, of the others.
    densities: Option<(Kernels, Kernels)>,
    liars: usize,
    drawn: Vec<u32>,
    scratch: Vec<f64>,
}

impl Tpe {
    pub(crate) fn new(space: &Space) -> Tpe {
        Tpe {
            axes: Axes::new(space),
            evaluations: 0,
            best: vec![],
            others: vec![],
            densities: None,
            liars: 0,
            drawn: vec![0; space.lens().len()],
            scratch: vec![],
        }
    }

    /// Takes results that it did not know.
    fn learn(&mut self, new: impl Iterator<Item = (Rank, Genome)>, config: &Config) {
        let mut pool = std::mem::take(&mut self.best);
        let before = pool.len();
        pool.extend(new);
        self.evaluations += (pool.len() - before) as u64;
        let order = ordered(pool.iter().map(|(rank, genome)| (*rank, genome)), config);
        let best = &order[..order.len().min(GOOD)];
        self.best = best.iter().map(|&i| pool[i].clone()).collect();
        let mut stays = vec![true; pool.len()];
        best.iter().for_each(|&i| stays[i] = false);
        self.others.extend(pool.into_iter().zip(stays).filter(|(_, stays)| *stays).map(|(one, _)| one));
        self.others.drain(..self.others.len().saturating_sub(OTHERS));
        self.densities = None;
    }
}

impl Propose for Tpe {
    fn ready(&self) -> bool {
        self.densities.is_some()
    }

    fn begin(&mut self, _space: &Space) {
        self.liars = 0;
        self.densities = (self.evaluations >= START).then(|| {
            let evaluations = self.evaluations as f64;
            let good = (evaluations.sqrt().ceil() as usize).min(self.best.len());
            let (good, rest) = self.best.split_at(good);
            let rest: Vec<&[u32]> = rest.iter().chain(&self.others).map(|(_, g)| &g[..]).collect();
            let good: Vec<&[u32]> = good.iter().map(|(_, g)| &g[..]).collect();
            let [among_good, among_others] = LEAST.map(|least| {
                let least = least / evaluations;
                if least < WIDEST { least } else { WIDEST }
            });
            (
                Kernels::new(&self.axes, good.into_iter(), among_good),
                Kernels::new(&self.axes, rest.into_iter(), among_others),
            )
        });
    }

    fn propose(&mut self, place: &mut Place<'_>, genome: &mut [u32]) {
        let Tpe { axes, densities: Some((good, others)), drawn, scratch, .. } = self else { return };
        let mut highest = f64::NEG_INFINITY;
        for nth in 0..DRAWN {
            place.seek(Purpose::Parzen, place.child.wrapping_mul(DRAWN).wrapping_add(nth));
            drawn.fill(0);
            good.draw(axes, place.draws, drawn, scratch);
            place.space.repair(drawn);
            // Near a peak most draws are known: the best of them would be asked for in vain.
            if !place.is_new(drawn) {
                continue;
            }
            let score = good.log(axes, drawn, scratch) - others.log(axes, drawn, scratch);
            if score > highest {
                highest = score;
                genome.copy_from_slice(drawn);
            }
        }
        if highest == f64::NEG_INFINITY {
            // A known one, so that the next attempt follows.
            genome.copy_from_slice(drawn);
        }
    }

    fn taken(&mut self, _proposed: bool, genome: &[u32]) {
        if let Some((_, others)) = &mut self.densities {
            if self.liars == LIARS {
                others.forget(&self.axes, others.len() - LIARS);
            } else {
                self.liars += 1;
            }
            others.add(&self.axes, genome);
        }
    }

    fn tell(&mut self, told: &[Told<'_>], _space: &Space, config: &Config, _draws: &mut Draws) {
        self.learn(told.iter().filter(|t| !t.known).map(|t| (t.rank, t.genome.clone())), config);
    }

    fn receive(&mut self, arriving: &[Individual], config: &Config) {
        let is_here =
            |one: &Individual| self.best.iter().chain(&self.others).any(|(_, genome)| *genome == one.genome);
        let new: Vec<_> =
            arriving.iter().filter(|one| !is_here(one)).map(|one| (one.rank, one.genome.clone())).collect();
        self.learn(new.into_iter(), config);
    }

    fn save(&self, config: &Config, out: &mut Vec<u8>) {
        put_u64(out, self.evaluations);
        for list in [&self.best, &self.others] {
            put_u32(out, list.len() as u32);
            list.iter().for_each(|(rank, genome)| put_result(out, rank, genome, config));
        }
    }

    fn restore(&mut self, bytes: &mut Bytes<'_>, space: &Space, config: &Config) -> Option<()> {
        self.evaluations = bytes.u64()?;
        for (list, most) in [(&mut self.best, GOOD), (&mut self.others, OTHERS)] {
            let length = bytes.u32()? as usize;
            if length > most {
                return None;
            }
            *list = (0..length).map(|_| bytes.result(space, config)).collect::<Option<_>>()?;
        }
        (self.evaluations >= (self.best.len() + self.others.len()) as u64).then_some(())
    }
}
