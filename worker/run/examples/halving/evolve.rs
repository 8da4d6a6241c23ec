//! An evolution whose generations are evaluated in rungs.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::atomic::AtomicBool;

use anyhow::{Context, Result};
use galapagos_engine::evaluation::Metric;
use galapagos_genetics::{Candidate, Class, Evolution, Genome, Goal, Outcome};
use galapagos_run::job::measure::Measure;
use galapagos_run::job::problem::Problem;
use galapagos_run::job::resolve::ResolvedJob;
use galapagos_run::run::evaluator::{Evaluator, Task};
use galapagos_run::run::local::{LocalEvaluator, LocalSlots};

/// Violation of an individual that was given up at the first rung: behind all that were evaluated to the end.
const GIVEN_UP: f64 = 1e9;

/// The jobs of the rungs that look at a part of the rows; the last rung is the problem itself.
pub struct Rungs {
    stamps: Vec<i64>,
    parts: Vec<(usize, ResolvedJob)>,
    keep: f64,
}

/// What a run has found, and the rows that it has looked at.
#[derive(Clone, Copy)]
pub struct Found {
    /// The best feasible objective on all training rows.
    pub best: f64,
    /// Rows summed over evaluations and symbols.
    pub bars: u64,
}

impl Rungs {
    /// The last `shares` of the training rows of a problem, rising; the share `keep` of the individuals goes on.
    pub fn new(problem: &Problem<'_>, shares: &[f64], keep: f64) -> Rungs {
        let stamps = problem.counted_stamps();
        let all = stamps.len();
        let part = |share: &f64| {
            let rows = (all as f64 * share).ceil() as usize;
            let mut job = problem.job().clone();
            for bound in &mut job.fitness.limits {
                if bound.measure == Measure::Metric(Metric::Trades) {
                    bound.times = all as f64 / rows as f64;
                }
            }
            (all - rows, job)
        };
        let parts = shares.iter().filter(|share| **share < 1.0).map(part).collect();
        Rungs { stamps, parts, keep }
    }
}

/// Evolves the job for its generations, or until it has looked at so many rows.
pub fn evolve(
    problem: &Problem<'_>,
    rungs: &Rungs,
    slots: &LocalSlots,
    most_bars: Option<u64>,
) -> Result<Found> {
    let job = problem.job();
    let mut evolution = Evolution::new(job.config.clone(), job.genetic_species())?;
    let parts = rungs.parts.iter().map(|(from, job)| {
        let positions = *from..rungs.stamps.len();
        let rows = problem.counted_bars_of(&rungs.stamps, &positions);
        anyhow::Ok((problem.part(job, &rungs.stamps, &positions)?, rows))
    });
    let parts: Vec<(Problem<'_>, u64)> = parts.collect::<Result<_>>()?;
    let ladder: Vec<(&Problem<'_>, u64)> =
        parts.iter().map(|(p, rows)| (p, *rows)).chain([(problem, problem.counted_bars())]).collect();
    let mut known: HashMap<(usize, Genome), Outcome> = HashMap::new();
    let mut bars = 0;
    for _ in 0..job.stop.generations {
        if most_bars.is_some_and(|most| bars >= most) {
            break;
        }
        let generation = evolution.ask();
        let candidates = &generation.candidates;
        let mut alive: Vec<usize> = (0..candidates.len()).filter(|&i| !candidates[i].known).collect();
        for (rung, (problem, rows)) in ladder.iter().enumerate() {
            let outcomes = evaluated(problem, slots, candidates, &alive)?;
            bars += rows * alive.len() as u64;
            alive.sort_by(|a, b| {
                better(&outcomes[a], &outcomes[b], job.fitness.goal)
                    .then_with(|| candidates[*a].genome.cmp(&candidates[*b].genome))
            });
            let last = rung + 1 == ladder.len();
            let stay = if last { alive.len() } else { (alive.len() as f64 * rungs.keep).ceil() as usize };
            for (place, &i) in alive.iter().enumerate() {
                let outcome = match outcomes[&i] {
                    outcome if last => outcome,
                    // In the order in which they were given up, the last ones first.
                    _ if place >= stay => {
                        Outcome::infeasible(0.0, GIVEN_UP / (rung + 1) as f64 + place as f64)
                    }
                    _ => continue,
                };
                known.insert((candidates[i].species, candidates[i].genome.clone()), outcome);
            }
            alive.truncate(stay);
        }
        let of = |c: &Candidate| known.get(&(c.species, c.genome.clone())).copied();
        let outcomes: Option<Vec<Outcome>> = candidates.iter().map(of).collect();
        let summary = evolution.tell(&outcomes.context("an individual without an outcome")?)?;
        if summary.exhausted {
            break;
        }
    }
    let best = evolution.best().filter(|b| b.outcome.class == Class::Feasible);
    Ok(Found { best: best.context("nothing is feasible")?.outcome.fitness, bars })
}

/// By class, violation and objective, the better first.
fn better(a: &Outcome, b: &Outcome, goal: Goal) -> std::cmp::Ordering {
    let cost = |o: &Outcome| if goal == Goal::Maximise { -o.fitness } else { o.fitness };
    a.class.cmp(&b.class).then(a.violation.total_cmp(&b.violation)).then(cost(a).total_cmp(&cost(b)))
}

fn evaluated(
    problem: &Problem<'_>,
    slots: &LocalSlots,
    candidates: &[Candidate],
    wanted: &[usize],
) -> Result<HashMap<usize, Outcome>> {
    let task = |&index: &usize| {
        let Candidate { species, genome, .. } = &candidates[index];
        Task { index, species: *species, genome: genome.clone() }
    };
    let tasks: Vec<Task> = wanted.iter().map(task).collect();
    let fitness = &problem.job().fitness;
    let mut out = HashMap::new();
    LocalEvaluator::on(problem, slots).evaluate(&tasks, &AtomicBool::new(false), &mut |answers| {
        for (index, answer) in answers {
            out.insert(index, fitness.outcome(&fitness.verdict(answer.ok())));
        }
        ControlFlow::Continue(())
    })?;
    Ok(out)
}
