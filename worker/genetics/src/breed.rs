//! One child of the survivors. The order of draws is the table in [`crate::draws`].

use crate::config::Breeding;
use crate::draws::Draws;
use crate::operators;
use crate::rank::Individual;
use crate::rests::Rests;
use crate::space::Space;

/// Chance that SBX crosses a gene, and that uniform crossover takes it from the first parent.
const PER_GENE: f64 = 0.5;

/// Share of the survivors that pbest is drawn from.
const BEST_SHARE: usize = 10;

/// Writes a child of `survivors` (not empty, best first) into `child`; not yet repaired. `rests` are those of the
/// space and the mutation's eta.
pub(crate) fn child(
    draws: &mut Draws,
    space: &Space,
    rests: &Rests,
    survivors: &[Individual],
    breeding: &Breeding,
    child: &mut [u32],
) {
    let (sbx, uniform) = (breeding.sbx_share, breeding.uniform_share);
    let u = draws.u01() * (sbx + uniform + breeding.differential_share);
    if u < sbx {
        let (a, b) = parents(draws, survivors, breeding.tournament_size);
        simulated_binary(draws, space, breeding, [a, b], child);
    } else if u < sbx + uniform || survivors.len() < 4 {
        let (a, b) = parents(draws, survivors, breeding.tournament_size);
        for &i in space.drawing() {
            child[i] = if draws.chance(PER_GENE) { a[i] } else { b[i] };
        }
    } else {
        differential(draws, space, survivors, child);
        return;
    }
    mutate(draws, space, rests, breeding.mutation_eta, child);
}

/// Two tournaments; the second winner gives way to its successor where both are the same.
fn parents<'a>(draws: &mut Draws, survivors: &'a [Individual], size: u32) -> (&'a [u32], &'a [u32]) {
    let mut tournament = || {
        let mut best = survivors.len() - 1;
        for _ in 0..size {
            best = best.min(draws.index(survivors.len()));
        }
        best
    };
    let a = tournament();
    let mut b = tournament();
    if a == b {
        b = (b + 1) % survivors.len();
    }
    (&survivors[a].genome, &survivors[b].genome)
}

fn simulated_binary(
    draws: &mut Draws,
    space: &Space,
    breeding: &Breeding,
    [a, b]: [&[u32]; 2],
    child: &mut [u32],
) {
    child.copy_from_slice(a);
    if !draws.chance(breeding.sbx_probability) {
        return;
    }
    for &i in space.drawing() {
        if !draws.chance(PER_GENE) || a[i] == b[i] {
            continue;
        }
        child[i] = if space.is_categorical(i) {
            if draws.chance(0.5) { a[i] } else { b[i] }
        } else {
            operators::sbx(draws, a[i], b[i], space.lens()[i] - 1, breeding.sbx_eta)
        };
    }
}

/// Each gene with probability 1 / (genes with a choice).
fn mutate(draws: &mut Draws, space: &Space, rests: &Rests, eta: f64, child: &mut [u32]) {
    let rate = 1.0 / space.drawing().len() as f64;
    for &i in space.drawing() {
        if !draws.chance(rate) {
            continue;
        }
        let len = space.lens()[i];
        child[i] = if space.is_categorical(i) {
            operators::other(draws, child[i], len)
        } else {
            operators::polynomial(draws, child[i], len - 1, eta, |distance| rests.at(i, distance, len - 1))
        };
    }
}

/// current-to-pbest/1 with binomial crossover; needs 4 survivors.
fn differential(draws: &mut Draws, space: &Space, survivors: &[Individual], child: &mut [u32]) {
    let n = survivors.len();
    let current = draws.index(n);
    let pbest = draws.index(n.div_ceil(BEST_SHARE));
    let r1 = skip(draws.index(n - 1), current);
    let (first, second) = if current < r1 { (current, r1) } else { (r1, current) };
    let r2 = skip(skip(draws.index(n - 2), first), second);
    let f = clamp(0.5 + 0.15 * draws.normal(), 0.1, 1.0);
    let cr = clamp(0.7 + 0.2 * draws.normal(), 0.0, 1.0);
    let always = draws.index(space.drawing().len());
    let [x, p, a, b] = [current, pbest, r1, r2].map(|k| &survivors[k].genome);
    child.copy_from_slice(x);
    for (j, &i) in space.drawing().iter().enumerate() {
        if !draws.chance(cr) && j != always {
            continue;
        }
        child[i] = if space.is_categorical(i) {
            if draws.chance(0.5) { p[i] } else { a[i] }
        } else {
            operators::differential(x[i], p[i], a[i], b[i], f, space.lens()[i] - 1)
        };
    }
}

fn skip(k: usize, hole: usize) -> usize {
    if k >= hole { k + 1 } else { k }
}

fn clamp(x: f64, low: f64, high: f64) -> f64 {
    if x < low {
        low
    } else if x > high {
        high
    } else {
        x
    }
}
