//! What of several objectives nothing dominates: in `result.json`, and as a table.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, StringArray, UInt32Array};
use galapagos_crds::{GeneValue, Goal};
use galapagos_genetics::{self as genetics, distances};
use serde::{Deserialize, Serialize};

use super::ResultError;
use super::account::MetricMap;
use super::parquet::{self, GeneColumns};
use super::stamp::number;
use crate::job::resolve::ResolvedJob;

pub use galapagos_genetics::Choice;

/// The front of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Front {
    /// The objectives, in the order of the manifest.
    pub objectives: Vec<FrontObjective>,
    /// Individuals of all generations that no other dominates; more than points where there are too many to show.
    pub count: u64,
    /// The volume that they dominate below the reference point.
    pub hypervolume: f64,
    /// That point, a value for each objective; `None`: nothing was feasible.
    pub reference: Option<Vec<f64>>,
    /// Whether the points are feasible; if not, they are the individuals that break the limits least.
    pub feasible: bool,
    /// The points, by the first objective, the best first.
    pub points: Vec<FrontPoint>,
}

/// An objective.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrontObjective {
    /// Its metric, or the name of its expression.
    pub name: String,
    /// Maximize or Minimize.
    pub goal: Goal,
}

/// An individual of the front.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FrontPoint {
    /// Name of the strategy.
    pub strategy: String,
    /// Island that asked for it first, from 0; absent where the population is not divided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub island: Option<u32>,
    /// The value of each gene, by its name.
    pub genome: BTreeMap<String, GeneValue>,
    /// feasible or infeasible.
    pub class: String,
    /// Sum of relative violations of the limits.
    pub violation: f64,
    /// Values of the objectives on the training rows, in their order.
    pub values: Vec<Option<f64>>,
    /// The same on the holdout; `None` without one.
    pub holdout: Option<Vec<Option<f64>>>,
    /// How far its neighbours on the front are; `None` at its ends, and where it is not feasible.
    pub crowding: Option<f64>,
    /// Probability that the training Sharpe ratio is not luck, given all trials of the run; `None` if undefined.
    pub deflated_sharpe: Option<f64>,
    /// The metrics of the training rows that the job asks for, and its expressions.
    pub metrics: MetricMap,
}

impl FrontPoint {
    /// The value of an objective on the holdout.
    pub fn held(&self, objective: usize) -> Option<f64> {
        self.holdout.as_ref()?.get(objective).copied().flatten()
    }
}

impl Front {
    /// Whether it is known of a point which island it is of.
    pub fn has_islands(&self) -> bool {
        self.points.iter().any(|point| point.island.is_some())
    }

    /// How far each point is from what a method likes best, the nearest the lowest. Only [`Choice::Utility`] reads weights.
    pub fn distances(&self, choice: Choice, weights: &[f64]) -> Vec<f64> {
        let goal = |objective: &FrontObjective| match objective.goal {
            Goal::Maximize => genetics::Goal::Maximise,
            Goal::Minimize => genetics::Goal::Minimise,
        };
        let goals: Vec<genetics::Goal> = self.objectives.iter().map(goal).collect();
        let values = |p: &FrontPoint| p.values.iter().map(|v| v.unwrap_or(0.0)).collect();
        distances(&self.points.iter().map(values).collect::<Vec<Vec<f64>>>(), &goals, choice, weights)
    }
}

/// `front.csv`: a line a point, by the first objective. The genes of all species are columns, and so is the island where there
/// are some. No name of an objective is that
/// of another column: all have a word before them.
pub fn table(out: &mut impl Write, front: &Front) -> io::Result<()> {
    let mut genes: Vec<&str> =
        front.points.iter().flat_map(|p| p.genome.keys()).map(String::as_str).collect();
    genes.sort_unstable();
    genes.dedup();
    let islands = front.has_islands();
    write!(out, "strategy,{}class,violation", if islands { "island," } else { "" })?;
    for FrontObjective { name, .. } in &front.objectives {
        write!(out, ",training_{name},holdout_{name}")?;
    }
    write!(out, ",crowding,deflated_sharpe")?;
    genes.iter().try_for_each(|name| write!(out, ",gene_{name}"))?;
    writeln!(out)?;
    for point in &front.points {
        write!(out, "{},", point.strategy)?;
        if islands {
            write!(out, "{},", point.island.map_or_else(String::new, |island| island.to_string()))?;
        }
        write!(out, "{},{}", point.class, point.violation)?;
        for (i, value) in point.values.iter().enumerate() {
            write!(out, ",{},{}", number(*value), number(point.held(i)))?;
        }
        write!(out, ",{},{}", number(point.crowding), number(point.deflated_sharpe))?;
        for name in &genes {
            let value = point.genome.get(*name).map_or_else(String::new, ToString::to_string);
            write!(out, ",{value}")?;
        }
        writeln!(out)?;
    }
    Ok(())
}

/// `front.parquet`: the same rows and columns as the table of [`table`], numbers as f64.
///
/// # Errors
/// The file cannot be written.
pub fn write_parquet(path: &Path, job: &ResolvedJob, front: &Front) -> Result<(), ResultError> {
    let points = &front.points;
    let numbers = |value: &dyn Fn(&FrontPoint) -> Option<f64>| -> ArrayRef {
        Arc::new(points.iter().map(value).collect::<Float64Array>())
    };
    let texts = |value: &dyn Fn(&FrontPoint) -> String| -> ArrayRef {
        Arc::new(points.iter().map(|p| Some(value(p))).collect::<StringArray>())
    };
    let mut columns = vec![("strategy".to_owned(), texts(&|p| p.strategy.clone()))];
    if front.has_islands() {
        let islands = points.iter().map(|p| p.island).collect::<UInt32Array>();
        columns.push(("island".to_owned(), Arc::new(islands)));
    }
    columns.push(("class".to_owned(), texts(&|p| p.class.clone())));
    columns.push(("violation".to_owned(), numbers(&|p| Some(p.violation))));
    for (i, FrontObjective { name, .. }) in front.objectives.iter().enumerate() {
        columns.push((format!("training_{name}"), numbers(&|p| p.values.get(i).copied().flatten())));
        columns.push((format!("holdout_{name}"), numbers(&|p| p.held(i))));
    }
    columns.push(("crowding".to_owned(), numbers(&|p| p.crowding)));
    columns.push(("deflated_sharpe".to_owned(), numbers(&|p| p.deflated_sharpe)));
    let mut genes = GeneColumns::new(job);
    points.iter().for_each(|p| genes.push(|name| p.genome.get(name)));
    columns.extend(genes.finish());
    parquet::write(path, columns)
}
