//! Several objectives: the front, its volume, and that nothing but seed and outcomes decides them.

#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod common;

use common::{config, landscape, species, step};
use galapagos_genetics::{
    Choice, Class, Config, Evolution, GeneKind, GeneSpace, Goal, Grid, Outcome, Several, Space, State,
    Survivor,
};

fn space(genes: usize, steps: u32) -> Space {
    let gene = |i: usize| GeneSpace {
        name: format!("x{i}"),
        kind: GeneKind::Integer,
        grid: Grid::linear("x", 0.into(), steps.into(), 1.into()).unwrap(),
        default: None,
    };
    Space::new((0..genes).map(gene).collect(), vec![]).unwrap()
}

fn two(seed: u64, population: u32, reference: Option<Vec<f64>>) -> Config {
    let several = Several { further: vec![Goal::Minimise], reference, choice: Choice::Knee };
    Config { several: Some(several), ..config(seed, population) }
}

/// ZDT1 (Zitzler, Deb and Thiele 2000), each gene a thousandth.
fn zdt1(genome: &[u32]) -> [f64; 2] {
    let x: Vec<f64> = genome.iter().map(|&k| f64::from(k) / 1000.0).collect();
    let g = 1.0 + 9.0 * x[1..].iter().sum::<f64>() / (x.len() - 1) as f64;
    [x[0], g * (1.0 - (x[0] / g).sqrt())]
}

/// DTLZ2 with three objectives (Deb, Thiele, Laumanns and Zitzler 2005), each gene a thousandth: its front is an eighth of the sphere.
fn dtlz2(genome: &[u32]) -> [f64; 3] {
    let x: Vec<f64> = genome.iter().map(|&k| f64::from(k) / 1000.0).collect();
    let r = 1.0 + x[2..].iter().map(|v| (v - 0.5) * (v - 0.5)).sum::<f64>();
    let [(sin_a, cos_a), (sin_b, cos_b)] = [x[0], x[1]].map(|v| (v * std::f64::consts::FRAC_PI_2).sin_cos());
    [r * cos_a * cos_b, r * cos_a * sin_b, r * sin_a]
}

fn outcome([first, second]: [f64; 2]) -> Outcome {
    Outcome::feasible(first).with_further([second, 0.0, 0.0])
}

/// A landscape of two objectives with all classes of results.
fn mixed(species: usize, genome: &[u32]) -> Outcome {
    let outcome = landscape(species, genome);
    let second = genome.iter().map(|&k| (f64::from(k) - 9.0).abs()).sum::<f64>();
    if outcome.class == Class::Failed { outcome } else { outcome.with_further([second, 0.0, 0.0]) }
}

fn mixed_run() -> Evolution {
    let all = vec![species("one", space(2, 30)), species("two", space(3, 12))];
    Evolution::new(two(3, 40, None), all).unwrap()
}

// Contract G10.
#[test]
fn the_front_of_a_known_problem_is_found() {
    // DEAP's own test of NSGA-II: 5 genes, 16 individuals, 100 generations, more than 116 of at most 120.67.
    let mut reached = Vec::new();
    for seed in 0..5 {
        let run = vec![species("zdt1", space(5, 1000))];
        let mut run = Evolution::new(two(seed, 16, Some(vec![11.0, 11.0])), run).unwrap();
        let last = (0..100).map(|_| step(&mut run, |_, genome| outcome(zdt1(genome))).1).last().unwrap();
        reached.push(last.hypervolume.unwrap());
    }
    assert!(reached.iter().all(|&v| v > 116.0 && v < 120.6667), "{reached:?}");
}

// Contract G10.
#[test]
fn survivors_of_three_objectives_spread_over_a_known_front() {
    // The volume of pymoo 0.6.2's NSGA-III with the same 91 directions, 92 individuals and 150 generations: 0.741 to 0.742
    // of at most 1.1^3 - pi/6 = 0.8074; the archive here has more points, and 60 generations.
    let several =
        Several { further: vec![Goal::Minimise; 2], reference: Some(vec![1.1; 3]), choice: Choice::Knee };
    for seed in 0..2 {
        let config = Config { several: Some(several.clone()), ..config(seed, 92) };
        let mut run = Evolution::new(config, vec![species("dtlz2", space(12, 1000))]).unwrap();
        let evaluate = |_: usize, genome: &[u32]| {
            let [first, second, third] = dtlz2(genome);
            Outcome::feasible(first).with_further([second, third, 0.0])
        };
        let last = (0..60).map(|_| step(&mut run, evaluate).1).last().unwrap();
        assert!((0.742..0.8075).contains(&last.hypervolume.unwrap()), "{last:?}");
        let values = |s: &Survivor<'_>| [s.outcome.fitness, s.outcome.further[0], s.outcome.further[1]];
        let survivors: Vec<[f64; 3]> = run.survivors().map(|s| values(&s)).collect();
        assert_eq!(survivors.len(), 92);
        let radius = |v: &[f64; 3]| v.iter().map(|c| c * c).sum::<f64>().sqrt();
        assert!(survivors.iter().all(|v| radius(v) < 1.1), "{survivors:?}");
        // Each direction of twelfths has a survivor nearer to it than to any other.
        let twelfths: Vec<[f64; 3]> =
            (0..=12).flat_map(|a| (0..=12 - a).map(move |b| [a, b, 12 - a - b].map(f64::from))).collect();
        let angle = |d: &[f64; 3], v: &[f64; 3]| {
            d.iter().zip(v).map(|(a, b)| a * b).sum::<f64>() / (radius(d) * radius(v))
        };
        let near = |v: &[f64; 3]| {
            let all = (0..twelfths.len()).map(|i| (angle(&twelfths[i], v), i));
            all.max_by(|a, b| a.0.total_cmp(&b.0)).unwrap().1
        };
        let taken: std::collections::BTreeSet<usize> = survivors.iter().map(near).collect();
        assert!(taken.len() >= 80, "seed {seed}: {} of {}", taken.len(), twelfths.len());
    }
}

// Contract G11.
#[test]
fn the_archive_is_what_nothing_of_any_generation_dominates_and_its_volume_never_falls() {
    let mut run = mixed_run();
    let mut all: Vec<(Vec<u32>, usize, [f64; 2])> = Vec::new();
    let (mut before, mut worst) = (0.0, None);
    for _ in 0..15 {
        let (generation, summary) = step(&mut run, mixed);
        for c in generation.candidates.iter() {
            let outcome = mixed(c.species, &c.genome);
            if outcome.class == Class::Feasible {
                all.push((c.genome.to_vec(), c.species, [outcome.fitness, outcome.further[0]]));
            }
        }
        let highest =
            |m: usize| all.iter().map(|(_, _, v)| v[m]).fold(f64::MIN, |a, b| if a > b { a } else { b });
        let reference = *worst.get_or_insert([highest(0), highest(1)]);
        let better = |a: &[f64; 2], b: &[f64; 2]| a != b && a[0] <= b[0] && a[1] <= b[1];
        let mut front: Vec<[f64; 2]> = all.iter().map(|(_, _, v)| *v).collect();
        front.retain(|v| !all.iter().any(|(_, _, other)| better(other, v)));
        front.sort_by(|a, b| a[0].total_cmp(&b[0]));
        front.dedup();
        let shown: Vec<[f64; 2]> =
            run.front().iter().map(|(s, _)| [s.outcome.fitness, s.outcome.further[0]]).collect();
        assert_eq!(shown, front);
        assert_eq!(summary.front, Some(front.len() as u32));
        // By columns of the plane, all values being whole.
        let mut volume = 0.0;
        for x in (0..reference[0] as i64).map(|x| x as f64) {
            let low = front
                .iter()
                .filter(|v| v[0] <= x)
                .map(|v| v[1])
                .fold(reference[1], |a, b| if a < b { a } else { b });
            volume += reference[1] - low;
        }
        assert_eq!(summary.hypervolume, Some(volume));
        assert!(volume >= before);
        before = volume;
    }
    assert!(before > 0.0 && run.front().len() > 3, "the case has no point");
}

// Contract G12.
#[test]
fn the_best_is_the_knee_of_the_front_and_that_of_its_species() {
    let mut run = mixed_run();
    (0..8).for_each(|_| drop(step(&mut run, mixed)));
    let front: Vec<Vec<f64>> =
        run.front().iter().map(|(s, _)| vec![s.outcome.fitness, s.outcome.further[0]]).collect();
    let goals = [Goal::Minimise, Goal::Minimise];
    let sums = galapagos_genetics::distances(&front, &goals, Choice::Knee, &[]);
    let best = run.best().unwrap();
    let at = front.iter().position(|v| v[0] == best.outcome.fitness).unwrap();
    assert!(sums.iter().all(|&sum| sum >= sums[at]), "{sums:?}");
    assert_eq!(run.best_of_species(best.species).unwrap(), best);
    assert!(run.best_of_species(1 - best.species).is_some());
}

// Contract C5.
#[test]
fn a_run_from_its_saved_state_goes_on_as_if_undisturbed() {
    let mut run = mixed_run();
    let mut seen = Vec::new();
    for _ in 0..4 {
        let (generation, _) = step(&mut run, mixed);
        seen.extend(generation.candidates.iter().map(|c| (c.species, c.genome.clone())));
    }
    let bytes = run.state().to_bytes();
    let all = vec![species("one", space(2, 30)), species("two", space(3, 12))];
    let state = State::from_bytes(&bytes).unwrap();
    assert_eq!(state.to_bytes(), bytes);
    let mut again = Evolution::resume(two(3, 40, None), all.clone(), &state).unwrap();
    again.seed_seen(seen).unwrap();
    for _ in 0..4 {
        assert_eq!(step(&mut again, mixed), step(&mut run, mixed));
        assert_eq!(again.front(), run.front());
    }
    assert_eq!(again.state().to_bytes(), run.state().to_bytes());
    // Neither with one objective nor with another point does the state go on.
    assert!(Evolution::resume(config(3, 40), all.clone(), &state).is_err());
    assert!(Evolution::resume(two(3, 40, Some(vec![9.0, 9.0])), all, &state).is_err());
}

#[test]
fn without_a_feasible_individual_the_least_violating_ones_are_shown() {
    let run = vec![species("one", space(2, 30))];
    let mut run = Evolution::new(two(1, 20, None), run).unwrap();
    let broken = |_: usize, genome: &[u32]| {
        Outcome::infeasible(f64::from(genome[0]), f64::from(genome[1]) + 1.0).with_further([1.0, 0.0, 0.0])
    };
    let summary = (0..3).map(|_| step(&mut run, broken).1).last().unwrap();
    assert_eq!((summary.front, summary.hypervolume), (Some(0), Some(0.0)));
    let shown = run.front();
    assert_eq!(shown.len(), 10);
    assert!(shown.windows(2).all(|w| w[0].0.outcome.violation <= w[1].0.outcome.violation));
    assert!(shown.iter().all(|(s, alone)| s.outcome.class == Class::Infeasible && alone.is_none()));
    assert_eq!(run.best().unwrap(), shown[0].0);
}
