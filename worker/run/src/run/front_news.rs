//! What is told of a front while a run goes on.

use galapagos_crds::GeneValue;
use galapagos_genetics::{Best, Evolution, Named};

use crate::job::resolve::ResolvedJob;

/// A front in short.
#[derive(Clone, Debug, PartialEq)]
pub struct FrontNews {
    /// Individuals of all generations that no other dominates.
    pub count: u32,
    /// The volume that they dominate.
    pub hypervolume: f64,
    /// The knee, then the best of each objective.
    pub points: Vec<NamedPoint>,
}

/// An individual of a front.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedPoint {
    /// `knee`, or the objective that it is the best of.
    pub name: String,
    /// Name of its strategy.
    pub strategy: String,
    /// Its genes, by name.
    pub genome: Vec<(String, GeneValue)>,
    /// The objectives on the training rows, by name, in their order.
    pub values: Vec<(String, f64)>,
}

impl FrontNews {
    /// Of a run at a generation boundary; `None` with one objective.
    pub fn of(job: &ResolvedJob, evolution: &Evolution) -> Option<FrontNews> {
        let (count, hypervolume) = evolution.front_size()?;
        let names: Vec<&str> = job.fitness.objectives().map(|(measure, _)| measure.name()).collect();
        let point = |(named, best): (Named, Best<'_>)| {
            let values = std::iter::once(best.outcome.fitness).chain(best.outcome.further);
            let species = job.species.get(best.species)?;
            Some(NamedPoint {
                name: match named {
                    Named::Knee => "knee".to_owned(),
                    Named::Best(objective) => (*names.get(objective)?).to_owned(),
                },
                strategy: species.name().to_owned(),
                genome: species.named(best.genome),
                values: names.iter().map(|name| (*name).to_owned()).zip(values).collect(),
            })
        };
        let points = evolution.named_points().into_iter().filter_map(point).collect();
        Some(FrontNews { count, hypervolume, points })
    }
}
