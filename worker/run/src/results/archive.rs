//! The best individual of each cell of behaviour (contract G14): in `result.json`, and as a table.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, StringArray, UInt32Array};
use galapagos_crds::GeneValue;
use serde::{Deserialize, Serialize};

use super::ResultError;
use super::account::MetricMap;
use super::parquet::{self, GeneColumns};
use crate::job::resolve::ResolvedJob;

/// The best of each cell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CellArchive {
    /// The numbers whose ranges are the cells, in the order of the manifest.
    pub axes: Vec<CellRanges>,
    /// What the best of a cell is the best of.
    pub objective: String,
    /// Cells that a feasible individual has been in, by their ranges.
    pub cells: Vec<CellBest>,
}

/// A number that is cut into ranges.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CellRanges {
    /// Its metric, or the name of its expression.
    pub name: String,
    /// Where a range ends and the next begins; an edge belongs to the range above it.
    pub edges: Vec<f64>,
}

/// The best individual of a cell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CellBest {
    /// The range of each number, from 0.
    pub at: Vec<usize>,
    /// Name of the strategy.
    pub strategy: String,
    /// Island that asked for it first, from 0; absent where the population is not divided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub island: Option<u32>,
    /// The value of each gene, by its name.
    pub genome: BTreeMap<String, GeneValue>,
    /// Its objective on the training rows.
    pub fitness: Option<f64>,
    /// The numbers that its cell is cut by, on the training rows.
    pub values: Vec<Option<f64>>,
    /// Probability that the training Sharpe ratio is not luck, given all trials of the run; `None` if undefined.
    pub deflated_sharpe: Option<f64>,
    /// The metrics of the training rows that the job asks for, and its expressions.
    pub metrics: MetricMap,
}

/// `archive.parquet`: a row a cell, with its ranges, the numbers that it is cut by, and the genes of its best.
///
/// # Errors
/// The file cannot be written.
pub fn write_parquet(path: &Path, job: &ResolvedJob, archive: &CellArchive) -> Result<(), ResultError> {
    let cells = &archive.cells;
    let numbers = |value: &dyn Fn(&CellBest) -> Option<f64>| -> ArrayRef {
        Arc::new(cells.iter().map(value).collect::<Float64Array>())
    };
    let strategies: StringArray = cells.iter().map(|c| Some(c.strategy.as_str())).collect();
    let mut columns: Vec<(String, ArrayRef)> = vec![("strategy".to_owned(), Arc::new(strategies))];
    if cells.iter().any(|c| c.island.is_some()) {
        let islands: UInt32Array = cells.iter().map(|c| c.island).collect();
        columns.push(("island".to_owned(), Arc::new(islands)));
    }
    for (i, axis) in archive.axes.iter().enumerate() {
        let at: UInt32Array = cells.iter().map(|c| c.at.get(i).map(|&at| at as u32)).collect();
        columns.push((format!("cell_{}", axis.name), Arc::new(at)));
        columns.push((format!("value_{}", axis.name), numbers(&|c| c.values.get(i).copied().flatten())));
    }
    columns.push(("fitness".to_owned(), numbers(&|c| c.fitness)));
    columns.push(("deflated_sharpe".to_owned(), numbers(&|c| c.deflated_sharpe)));
    let mut genes = GeneColumns::new(job);
    cells.iter().for_each(|c| genes.push(|name| c.genome.get(name)));
    columns.extend(genes.finish());
    parquet::write(path, columns)
}
