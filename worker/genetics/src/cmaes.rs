//! CMA-ES (Hansen 2016; with negative weights, Jastrebski and Arnold 2006) with the triangular factor of Krause, Arbonès and Igel (2016), restarts with larger populations
//! (IPOP, Auger and Hansen 2005), a margin that no value of a grid is closed off by (after Hamano and others 2022: a lower bound of each
//! deviation) and a distribution of its own for each category (after Hamano and others 2024).
//!
//! Numbers are k/last in 0..1. One update needs all outcomes of a generation; after r restarts it takes those of 2^r
//! generations, at most 8.

use crate::config::Config;
use crate::draws::{Draws, Purpose};
use crate::factor::{factor, solve};
use crate::gauss::{exceeded_with, normals};
use crate::memory::{Bytes, put_f64s, put_result, put_u32};
use crate::operators::to_index;
use crate::rank::Rank;
use crate::rates::Rates;
use crate::searcher::{Place, Propose, Told, ordered};
use crate::space::{Constraint, Genome, Space};

/// Deviation of a first step, as a share of each gene's range.
const FIRST_STEP: f64 = 0.3;

/// Doublings of the outcomes of one update at most.
const DOUBLINGS: u32 = 3;

/// What a category's distribution learns in one update.
const LEARNING: f64 = 0.2;

/// A deviation of this share of the distance of two values in every number ends a search.
const SETTLED: f64 = 0.3;

/// Fewer outcomes move nothing; the search begins elsewhere.
const FEWEST: usize = 4;

/// A sample that has been evaluated.
type Sample = (Rank, Genome, Box<[f64]>);

/// The search in one species.
#[derive(Clone, Debug)]
pub(crate) struct Cmaes {
    numbers: Vec<usize>,
    categories: Vec<usize>,
    /// Per number: the highest index; whether it may be inactive.
    lasts: Vec<u32>,
    conditional: Vec<bool>,
    mean: Vec<f64>,
    step: f64,
    covariance: Vec<f64>,
    factor: Vec<f64>,
    path: Vec<f64>,
    step_path: Vec<f64>,
    /// Per category the probability of each value.
    chances: Vec<Vec<f64>>,
    restarts: u32,
    /// Updates since the last restart, and of those the ones since the best last rose.
    updates: u32,
    stagnant: u32,
    /// Generations since the last update.
    waited: u32,
    best: Option<(Rank, Genome)>,
    pool: Vec<Sample>,
    /// Samples of the open generation, `None` where a candidate came from elsewhere.
    open: Vec<Option<Box<[f64]>>>,
    sample: Vec<f64>,
    normals: Vec<f64>,
}

impl Cmaes {
    pub(crate) fn new(space: &Space) -> Cmaes {
        let (categories, numbers): (Vec<usize>, Vec<usize>) =
            space.drawing().iter().partition(|&&i| space.is_categorical(i));
        let n = numbers.len();
        let inactive = |&i: &usize| {
            space.constraints().iter().any(|c| matches!(c, Constraint::ActiveWhen { gene, .. } if *gene == i))
        };
        let mut search = Cmaes {
            lasts: numbers.iter().map(|&i| space.lens()[i] - 1).collect(),
            conditional: numbers.iter().map(inactive).collect(),
            chances: categories.iter().map(|&i| vec![0.0; space.lens()[i] as usize]).collect(),
            numbers,
            categories,
            mean: vec![0.5; n],
            step: FIRST_STEP,
            covariance: vec![0.0; n * n],
            factor: vec![0.0; n * n],
            path: vec![0.0; n],
            step_path: vec![0.0; n],
            restarts: 0,
            updates: 0,
            stagnant: 0,
            waited: 0,
            best: None,
            pool: vec![],
            open: vec![],
            sample: vec![0.0; n],
            normals: vec![0.0; n],
        };
        search.reset();
        search
    }

    /// Everything but mean and restarts as at the beginning.
    fn reset(&mut self) {
        let n = self.numbers.len();
        self.step = FIRST_STEP;
        for matrix in [&mut self.covariance, &mut self.factor] {
            matrix.fill(0.0);
            (0..n).for_each(|i| matrix[i * n + i] = 1.0);
        }
        self.path.fill(0.0);
        self.step_path.fill(0.0);
        for chances in &mut self.chances {
            let even = 1.0 / chances.len() as f64;
            chances.fill(even);
        }
        (self.updates, self.stagnant, self.waited, self.best) = (0, 0, 0, None);
        self.pool.clear();
    }

    /// Begins at a drawn mean: u01 for each number.
    fn restart(&mut self, draws: &mut Draws) {
        self.restarts = self.restarts.saturating_add(1);
        self.reset();
        self.mean.iter_mut().for_each(|m| *m = draws.u01());
    }

    fn settled(&self) -> bool {
        let n = self.numbers.len();
        let deviation = |j: usize| self.step * self.covariance[j * n + j].sqrt() * f64::from(self.lasts[j]);
        n > 0 && (0..n).all(|j| deviation(j) < SETTLED)
    }

    /// Moves the distribution towards the best of the pool and away from the worst; false where its matrix is one no more.
    fn update(&mut self, pool: &[Sample], order: &[usize]) -> bool {
        let (n, lambda) = (self.numbers.len(), order.len());
        let rates = Rates::new(lambda, n, self.categories.len());
        let Rates { effective, one, many, expected, .. } = rates;
        let half = &order[..rates.weights.len()];
        self.learn_categories(pool, half, &rates.weights);
        self.updates = self.updates.saturating_add(1);
        if n == 0 {
            return true;
        }
        let root = |x: f64| if x > 0.0 { x.sqrt() } else { 0.0 };

        let mut shift = vec![0.0; n];
        let mut spread = vec![0.0; n * n];
        let mut y = vec![0.0; n];
        let mut add = |weight: f64, y: &[f64]| {
            for j in 0..n {
                let scaled = weight * y[j];
                spread[j * n..=j * n + j].iter_mut().zip(y).for_each(|(to, other)| *to += scaled * other);
            }
        };
        for (&i, &weight) in half.iter().zip(&rates.weights) {
            let x = &pool[i].2;
            for j in 0..n {
                y[j] = (x[j] - self.mean[j]) / self.step;
                shift[j] += weight * y[j];
            }
            add(weight, &y);
        }
        // Where the worst lie the covariance shrinks, by no more than a sample of usual length would.
        let mut lost = 0.0;
        for (&i, &weight) in order[lambda - rates.negative.len()..].iter().zip(&rates.negative) {
            let x = &pool[i].2;
            (0..n).for_each(|j| y[j] = (x[j] - self.mean[j]) / self.step);
            let mut white = y.clone();
            solve(&self.factor, &mut white);
            let length = white.iter().map(|w| w * w).sum::<f64>();
            lost += weight;
            if length > 0.0 {
                add(weight * n as f64 / length, &y);
            }
        }
        let mut white = shift.clone();
        solve(&self.factor, &mut white);
        let rate = root(rates.step * (2.0 - rates.step) * effective);
        self.step_path.iter_mut().zip(&white).for_each(|(p, w)| *p = (1.0 - rates.step) * *p + rate * w);
        let length = self.step_path.iter().map(|p| p * p).sum::<f64>().sqrt();
        let kept = 1.0 - libm::pow(1.0 - rates.step, 2.0 * f64::from(self.updates));
        let moves = length / kept.sqrt() < (1.4 + 2.0 / (n as f64 + 1.0)) * expected;
        let rate = if moves { root(rates.path * (2.0 - rates.path) * effective) } else { 0.0 };
        self.path.iter_mut().zip(&shift).for_each(|(p, s)| *p = (1.0 - rates.path) * *p + rate * s);
        let held = if moves { 0.0 } else { one * rates.path * (2.0 - rates.path) };
        for i in 0..n {
            for j in 0..=i {
                let old = (1.0 - one - many * (1.0 + lost) + held) * self.covariance[i * n + j];
                let value = old + one * self.path[i] * self.path[j] + many * spread[i * n + j];
                self.covariance[i * n + j] = value;
                self.covariance[j * n + i] = value;
            }
        }
        for (mean, shift) in self.mean.iter_mut().zip(&shift) {
            *mean = (*mean + self.step * shift).clamp(0.0, 1.0);
        }
        let grows = rates.step / rates.damping * (length / expected - 1.0);
        self.step *= libm::exp(if grows < 1.0 { grows } else { 1.0 });
        self.keep_margin(lambda);
        match factor(&self.covariance, n).filter(|_| self.step.is_finite() && self.step > 0.0) {
            Some(factor) => self.factor = factor,
            None => return false,
        }
        self.mean.iter().chain(&self.path).chain(&self.step_path).all(|v| v.is_finite())
    }

    /// Each number leaves its value, from the middle of it, with a probability of at least 1/(lambda n).
    fn keep_margin(&mut self, lambda: usize) {
        let n = self.numbers.len();
        let z = exceeded_with(0.5 / (lambda as f64 * n as f64));
        for j in 0..n {
            let least = 0.5 / (z * f64::from(self.lasts[j]));
            let deviation = self.step * self.covariance[j * n + j].sqrt();
            if deviation < least {
                let wider = least / deviation;
                for i in 0..n {
                    self.covariance[i * n + j] *= wider;
                    self.covariance[j * n + i] *= wider;
                }
            }
        }
    }

    fn learn_categories(&mut self, pool: &[Sample], half: &[usize], weights: &[f64]) {
        let count = self.categories.len() as f64;
        for (&gene, chances) in self.categories.iter().zip(&mut self.chances) {
            chances.iter_mut().for_each(|p| *p *= 1.0 - LEARNING);
            for (&i, weight) in half.iter().zip(weights) {
                chances[pool[i].1[gene] as usize] += LEARNING * weight;
            }
            let values = chances.len() as f64;
            let least = (1.0 - libm::pow(0.73, 1.0 / count)) / (values - 1.0);
            let even = 1.0 / values;
            let least = if least < even { least } else { even };
            chances.iter_mut().for_each(|p| *p = if *p > least { *p } else { least });
            let sum = chances.iter().sum::<f64>();
            chances.iter_mut().for_each(|p| *p /= sum);
        }
    }
}

impl Propose for Cmaes {
    fn begin(&mut self, _space: &Space) {
        self.open.clear();
    }

    fn propose(&mut self, place: &mut Place<'_>, genome: &mut [u32]) {
        place.seek(Purpose::Sample, place.child);
        genome.fill(0);
        let n = self.numbers.len();
        normals(place.draws, &mut self.normals);
        for j in 0..n {
            let row = &self.factor[j * n..=j * n + j];
            let y = row.iter().zip(&self.normals).fold(0.0, |sum, (a, z)| sum + a * z);
            let last = f64::from(self.lasts[j]);
            let x = (self.mean[j] + self.step * y).clamp(-0.5 / last, 1.0 + 0.5 / last);
            self.sample[j] = x;
            genome[self.numbers[j]] = to_index(x * last, self.lasts[j]);
        }
        for (&gene, chances) in self.categories.iter().zip(&self.chances) {
            let mut u = place.draws.u01();
            let chosen = chances.iter().position(|p| {
                u -= p;
                u < 0.0
            });
            genome[gene] = chosen.unwrap_or(chances.len() - 1) as u32;
        }
    }

    fn taken(&mut self, proposed: bool, genome: &[u32]) {
        let sample = proposed.then(|| {
            // What repair has moved counts where it is, unless the gene is at rest.
            let of = |(j, &x): (usize, &f64)| {
                let (k, last) = (genome[self.numbers[j]], self.lasts[j]);
                let moved = !self.conditional[j] && to_index(x * f64::from(last), last) != k;
                if moved { f64::from(k) / f64::from(last) } else { x }
            };
            self.sample.iter().enumerate().map(of).collect()
        });
        self.open.push(sample);
    }

    fn tell(&mut self, told: &[Told<'_>], _space: &Space, config: &Config, draws: &mut Draws) {
        for (told, sample) in told.iter().zip(self.open.drain(..)) {
            if let Some(sample) = sample {
                self.pool.push((told.rank, told.genome.clone(), sample));
            }
        }
        self.waited = self.waited.saturating_add(1);
        if self.waited < 1 << self.restarts.min(DOUBLINGS) {
            return;
        }
        self.waited = 0;
        let pool = std::mem::take(&mut self.pool);
        let order = ordered(pool.iter().map(|(rank, genome, _)| (*rank, genome)), config);
        if order.len() < FEWEST || !self.update(&pool, &order) {
            return self.restart(draws);
        }
        let (rank, genome, _) = &pool[order[0]];
        let rose = match &self.best {
            None => true,
            Some((best, before)) => ordered([(*best, before), (*rank, genome)].into_iter(), config)[0] == 1,
        };
        if rose {
            self.best = Some((*rank, genome.clone()));
        }
        self.stagnant = if rose { 0 } else { self.stagnant.saturating_add(1) };
        let patience = 10 + (30 * (self.numbers.len() + self.categories.len())).div_ceil(order.len());
        if self.settled() || self.stagnant as usize > patience {
            self.restart(draws);
        }
    }

    fn save(&self, config: &Config, out: &mut Vec<u8>) {
        for values in
            [&self.mean, &vec![self.step], &self.covariance, &self.factor, &self.path, &self.step_path]
        {
            put_f64s(out, values);
        }
        self.chances.iter().for_each(|chances| put_f64s(out, chances));
        for count in [self.restarts, self.updates, self.stagnant, self.waited] {
            put_u32(out, count);
        }
        put_u32(out, u32::from(self.best.is_some()));
        self.best.iter().for_each(|(rank, genome)| put_result(out, rank, genome, config));
        put_u32(out, self.pool.len() as u32);
        for (rank, genome, sample) in &self.pool {
            put_result(out, rank, genome, config);
            put_f64s(out, sample);
        }
    }

    fn restore(&mut self, bytes: &mut Bytes<'_>, space: &Space, config: &Config) -> Option<()> {
        bytes.f64s(&mut self.mean)?;
        self.step = bytes.f64()?;
        for values in [&mut self.covariance, &mut self.factor, &mut self.path, &mut self.step_path] {
            bytes.f64s(values)?;
        }
        for chances in &mut self.chances {
            bytes.f64s(chances)?;
        }
        let counts = [&mut self.restarts, &mut self.updates, &mut self.stagnant, &mut self.waited];
        for count in counts {
            *count = bytes.u32()?;
        }
        self.best = match bytes.u32()? {
            0 => None,
            1 => Some(bytes.result(space, config)?),
            _ => return None,
        };
        self.pool.clear();
        for _ in 0..bytes.u32()? {
            let (rank, genome) = bytes.result(space, config)?;
            let mut sample = vec![0.0; self.numbers.len()].into_boxed_slice();
            bytes.f64s(&mut sample)?;
            self.pool.push((rank, genome, sample));
        }
        let n = self.numbers.len();
        let stretched = (0..n).all(|j| self.covariance[j * n + j] > 0.0 && self.factor[j * n + j] > 0.0);
        (self.step > 0.0 && stretched).then_some(())
    }
}
