//! The best individuals of a result, for a job that begins with them.

use std::cmp::Ordering;
use std::path::Path;

use galapagos_crds::population::InitialIndividual;
use galapagos_crds::{EvolutionJob, Goal};

use super::document::ResultDocument;
use super::front::Choice;
use super::rows::{Row, Rows};
use crate::report::data::{bounded, document};
use crate::report::error::ReportError;

/// Up to `most` different individuals of the result in a folder whose strategies are `wanted`, the best first: of several objectives the points of the front,
/// those nearest to the knee first; then what kept all limits by its (first) objective.
///
/// # Errors
/// A file of the result is missing or is not what a run writes.
pub fn top(
    folder: &Path,
    most: usize,
    wanted: impl Fn(&str) -> bool,
) -> Result<Vec<InitialIndividual>, ReportError> {
    let document = document(folder)?;
    let mut out: Vec<InitialIndividual> = Vec::new();
    let of_front = of_front(&document).into_iter().filter(|one| wanted(&one.strategy));
    for individual in of_front.chain(by_fitness(folder, most, &wanted)?) {
        if out.len() < most && !out.contains(&individual) {
            out.push(individual);
        }
    }
    Ok(out)
}

fn of_front(document: &ResultDocument) -> Vec<InitialIndividual> {
    let Some(front) = document.front.as_ref().filter(|front| front.feasible) else { return Vec::new() };
    let distances = front.distances(Choice::Knee, &[]);
    let mut order: Vec<usize> = (0..front.points.len()).collect();
    order.sort_by(|&a, &b| distances[a].total_cmp(&distances[b]).then(a.cmp(&b)));
    let point = |at: usize| {
        let point = &front.points[at];
        InitialIndividual { strategy: point.strategy.clone(), genome: point.genome.clone() }
    };
    order.into_iter().map(point).collect()
}

/// The feasible rows of `evaluations.parquet`, the best first; of equals the one that was found first.
fn by_fitness(
    folder: &Path,
    most: usize,
    wanted: &impl Fn(&str) -> bool,
) -> Result<Vec<InitialIndividual>, ReportError> {
    let goal = goal(folder)?;
    let path = folder.join("evaluations.parquet");
    let rows = Rows::open(folder)?;
    let rows = rows.ok_or_else(|| ReportError::Ledger { path, problem: "it is missing".to_owned() })?;
    let better = |a: &(f64, InitialIndividual), b: &(f64, InitialIndividual)| -> Ordering {
        match goal {
            Goal::Maximize => b.0.total_cmp(&a.0),
            Goal::Minimize => a.0.total_cmp(&b.0),
        }
    };
    let mut best: Vec<(f64, InitialIndividual)> = Vec::new();
    for batch in rows {
        best.extend(batch?.into_iter().filter_map(feasible).filter(|(_, one)| wanted(&one.strategy)));
        // Stable: what was found first stays first among equals.
        best.sort_by(better);
        best.truncate(most);
    }
    Ok(best.into_iter().map(|(_, individual)| individual).collect())
}

/// The direction of the first objective.
fn goal(folder: &Path) -> Result<Goal, ReportError> {
    let path = folder.join("job.yaml");
    let wrong = |problem: String| ReportError::Ledger { path: path.clone(), problem };
    let bytes = bounded(&path)?.ok_or_else(|| wrong("it is missing".to_owned()))?;
    let text = String::from_utf8(bytes).map_err(|e| wrong(e.to_string()))?;
    let job = serde_yaml::from_str::<EvolutionJob>(&text).map_err(|e| wrong(e.to_string()))?;
    // A job that names no objective maximises.
    Ok(job.spec.objectives.first().map_or(Goal::Maximize, |objective| objective.goal))
}

/// An individual that kept all limits, with its fitness.
fn feasible(row: Row) -> Option<(f64, InitialIndividual)> {
    let fitness = row.fitness.filter(|x| x.is_finite() && row.class == "feasible" && !row.cached)?;
    Some((fitness, InitialIndividual { strategy: row.strategy?, genome: row.genome }))
}
