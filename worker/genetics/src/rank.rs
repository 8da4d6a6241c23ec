//! Who is better than whom: class first (feasible, infeasible, failed), then violation, then fitness, then the
//! smaller canonical genome (Deb's rules). NaN never takes part in a comparison: it is refused on the way in.

use std::cmp::Ordering;

use crate::config::{Config, Several};
use crate::front::Costs;
use crate::space::Genome;

/// Direction of the objective.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Goal {
    /// Larger fitness is better.
    #[default]
    Maximise,
    /// Smaller fitness is better.
    Minimise,
}

/// What became of an evaluation, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Evaluated, all limits kept.
    Feasible,
    /// Evaluated, a limit broken.
    Infeasible,
    /// There is no usable result: the evaluation failed, or a metric is not finite.
    Failed,
}

/// The result of one evaluation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outcome {
    /// Whether it counts as feasible, infeasible or failed; the first thing ranked by.
    pub class: Class,
    /// The first objective, in its own direction; ignored for failed ones.
    pub fitness: f64,
    /// The other objectives, each in its own direction; 0 where there are none.
    pub further: [f64; 3],
    /// Sum over limits of max(0, excess)/max(|limit|, 1e-9); above 0 for infeasible ones, ignored for others.
    pub violation: f64,
    /// The cell of behaviour that it is in; `None`: it is in none, or there are no cells. No ranking looks at it.
    pub cell: Option<u16>,
}

impl Outcome {
    /// A result that keeps all limits.
    pub fn feasible(fitness: f64) -> Outcome {
        Outcome { class: Class::Feasible, fitness, further: [0.0; 3], violation: 0.0, cell: None }
    }

    /// A result that breaks limits by this much in total.
    pub fn infeasible(fitness: f64, violation: f64) -> Outcome {
        Outcome { class: Class::Infeasible, fitness, further: [0.0; 3], violation, cell: None }
    }

    /// An evaluation without a usable result; fitness and violation are 0 and ignored.
    pub fn failed() -> Outcome {
        Outcome { class: Class::Failed, fitness: 0.0, further: [0.0; 3], violation: 0.0, cell: None }
    }

    /// The same with the values of the other objectives.
    pub fn with_further(self, further: [f64; 3]) -> Outcome {
        Outcome { further, ..self }
    }

    /// The same in a cell of behaviour.
    pub fn in_cell(self, cell: Option<u16>) -> Outcome {
        Outcome { cell, ..self }
    }

    /// Whether it can be ranked: all objectives (unless failed) finite, violation finite and not negative.
    pub fn is_valid(&self) -> bool {
        let finite = self.fitness.is_finite() && self.further.iter().all(|value| value.is_finite());
        match self.class {
            Class::Failed => true,
            Class::Feasible => finite,
            Class::Infeasible => finite && self.violation.is_finite() && self.violation >= 0.0,
        }
    }
}

/// Position in the order: smaller is better. Made of a valid outcome.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Rank {
    pub(crate) class: Class,
    violation: f64,
    /// Fitness with its sign turned so that smaller is better.
    cost: f64,
    /// The same of the other objectives, which only feasible ones are ordered by.
    further: [f64; 3],
}

impl Rank {
    pub(crate) fn new(outcome: &Outcome, goal: Goal) -> Rank {
        let (cost, further) = (turned(outcome.fitness, goal), [0.0; 3]);
        match outcome.class {
            Class::Feasible => Rank { class: Class::Feasible, violation: 0.0, cost, further },
            Class::Infeasible => {
                Rank { class: Class::Infeasible, violation: outcome.violation + 0.0, cost, further }
            }
            Class::Failed => Rank { class: Class::Failed, violation: 0.0, cost: 0.0, further },
        }
    }

    /// With all objectives of a run.
    pub(crate) fn of(outcome: &Outcome, goal: Goal, several: Option<&Several>) -> Rank {
        let mut rank = Rank::new(outcome, goal);
        if outcome.class != Class::Failed {
            let goals = several.iter().flat_map(|s| &s.further);
            for (to, (value, goal)) in rank.further.iter_mut().zip(outcome.further.iter().zip(goals)) {
                *to = turned(*value, *goal);
            }
        }
        rank
    }

    /// A feasible one with these costs.
    pub(crate) fn feasible(costs: &Costs) -> Rank {
        let [cost, second, third, fourth] = *costs;
        Rank { class: Class::Feasible, violation: 0.0, cost, further: [second, third, fourth] }
    }

    /// All objectives, each turned so that smaller is better.
    pub(crate) fn costs(&self) -> Costs {
        let [second, third, fourth] = self.further;
        [self.cost, second, third, fourth]
    }

    pub(crate) fn compare(&self, other: &Rank) -> Ordering {
        self.class
            .cmp(&other.class)
            .then_with(|| self.violation.total_cmp(&other.violation))
            .then_with(|| self.cost.total_cmp(&other.cost))
    }

    /// Back to an outcome (failed ones with zeros).
    pub(crate) fn outcome(&self, config: &Config) -> Outcome {
        let mut further = self.further;
        let goals = config.several.iter().flat_map(|s| &s.further);
        further.iter_mut().zip(goals).for_each(|(value, goal)| *value = turned(*value, *goal));
        Outcome {
            class: self.class,
            fitness: turned(self.cost, config.goal),
            further,
            violation: self.violation,
            cell: None,
        }
    }
}

/// A value with its sign turned so that smaller is better, or back. Adding 0.0 turns -0.0 into 0.0, which total_cmp would tell
/// apart.
fn turned(value: f64, goal: Goal) -> f64 {
    match goal {
        Goal::Maximise => 0.0 - value,
        Goal::Minimise => value + 0.0,
    }
}

/// A genome and its position in the order.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Individual {
    pub(crate) rank: Rank,
    pub(crate) genome: Genome,
}

impl Individual {
    pub(crate) fn compare(&self, other: &Individual) -> Ordering {
        self.rank.compare(&other.rank).then_with(|| self.genome.cmp(&other.genome))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn better(a: Outcome, b: Outcome) -> bool {
        Rank::new(&a, Goal::Maximise).compare(&Rank::new(&b, Goal::Maximise)) == Ordering::Less
    }

    // Contract G4.
    #[test]
    fn a_failed_individual_loses_to_every_other_in_both_directions() {
        for goal in [Goal::Maximise, Goal::Minimise] {
            let failed = Rank::new(&Outcome { fitness: -999.0, ..Outcome::failed() }, goal);
            for fitness in [-1e300, 0.0, 1e300] {
                let broken = Rank::new(&Outcome::infeasible(fitness, 1e9), goal);
                assert_eq!(broken.compare(&failed), Ordering::Less);
                assert_eq!(Rank::new(&Outcome::feasible(fitness), goal).compare(&broken), Ordering::Less);
            }
        }
    }

    #[test]
    fn infeasible_ones_are_ordered_by_how_much_they_break() {
        assert!(better(Outcome::infeasible(-5.0, 0.1), Outcome::infeasible(5.0, 0.2)));
        assert!(better(Outcome::infeasible(5.0, 0.1), Outcome::infeasible(-5.0, 0.1)));
    }

    #[test]
    fn equal_results_are_ordered_by_the_smaller_genome() {
        let at = |fitness: f64, genome: &[u32]| Individual {
            rank: Rank::new(&Outcome::feasible(fitness), Goal::Maximise),
            genome: genome.into(),
        };
        assert_eq!(at(0.0, &[1, 2]).compare(&at(-0.0, &[1, 3])), Ordering::Less);
        assert_eq!(at(-0.0, &[1, 3]).compare(&at(0.0, &[1, 2])), Ordering::Greater);
    }

    #[test]
    fn nan_is_not_a_valid_outcome() {
        assert!(!Outcome::feasible(f64::NAN).is_valid());
        assert!(!Outcome::infeasible(1.0, f64::NAN).is_valid());
        assert!(!Outcome::feasible(f64::INFINITY).is_valid());
        assert!(Outcome { fitness: f64::NAN, ..Outcome::failed() }.is_valid());
    }
}
