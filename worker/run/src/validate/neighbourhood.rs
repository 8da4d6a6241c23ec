//! What genomes beside the winner are worth: a real edge is no lonely peak.

use galapagos_genetics::Genome;
use galapagos_validation::NullReason;
use galapagos_validation::neighbours::{Neighbourhood, PAIRS, Position, neighbourhood as summed, neighbours};

use super::evaluate::sharpes;
use crate::job::problem::Problem;
use crate::run::evaluator::EvaluatorError;

/// The genomes beside one of species `species`, as the job's seed draws them.
pub fn beside(problem: &Problem<'_>, species: usize, genome: &[u32]) -> Vec<Genome> {
    let Some(space) = problem.job().species.get(species).map(|s| s.space()) else { return Vec::new() };
    let position = |(gene, &at): (usize, &u32)| {
        let last = space.lens().get(gene).map_or(0, |n| n.saturating_sub(1));
        Position { at, last, numeric: !space.is_categorical(gene) }
    };
    let own: Vec<Position> = genome.iter().enumerate().map(position).collect();
    let repair = |moved: Vec<u32>| space.canonical(&moved).ok().map(|genome| genome.to_vec());
    let found = neighbours(&own, PAIRS, problem.job().config.seed, repair);
    found.into_iter().map(Genome::from).collect()
}

/// What the neighbours of a genome keep of its Sharpe ratio `winner` on the training rows, on `slots` threads.
///
/// # Errors
/// The system gives no threads.
pub fn neighbourhood(
    problem: &Problem<'_>,
    species: usize,
    genome: &[u32],
    winner: f64,
    slots: usize,
) -> Result<Result<Neighbourhood, NullReason>, EvaluatorError> {
    let around = if winner > 0.0 { beside(problem, species, genome) } else { Vec::new() };
    Ok(summed(winner, &sharpes(problem, species, &around, slots)?))
}
