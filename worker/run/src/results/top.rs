//! The best individuals of a result, for a job that begins with them.

use std::cmp::Ordering;
use std::fs::File;
use std::path::Path;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Float64Type};
use galapagos_crds::population::InitialIndividual;
use galapagos_crds::{EvolutionJob, GeneValue, Goal};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::document::ResultDocument;
use super::front::Choice;
use crate::report::data::{bounded, document};
use crate::report::error::ReportError;

/// Rows in memory at a time.
const BATCH: usize = 4096;

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
    let wrong = |problem: String| ReportError::Ledger { path: path.clone(), problem };
    let file = File::open(&path).map_err(ReportError::read(&path))?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|e| wrong(e.to_string()))?;
    let reader = builder.with_batch_size(BATCH).build().map_err(|e| wrong(e.to_string()))?;
    let better = |a: &(f64, InitialIndividual), b: &(f64, InitialIndividual)| -> Ordering {
        match goal {
            Goal::Maximize => b.0.total_cmp(&a.0),
            Goal::Minimize => a.0.total_cmp(&b.0),
        }
    };
    let mut best: Vec<(f64, InitialIndividual)> = Vec::new();
    for batch in reader {
        let batch = batch.map_err(|e| wrong(e.to_string()))?;
        best.extend(feasible(&batch).map_err(wrong)?.into_iter().filter(|(_, one)| wanted(&one.strategy)));
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

/// What of a table kept all limits, with its fitness.
fn feasible(batch: &RecordBatch) -> Result<Vec<(f64, InitialIndividual)>, String> {
    let typed = |name: &str, kind: DataType| {
        let column = batch.column_by_name(name).filter(|column| *column.data_type() == kind);
        column.ok_or_else(|| format!("it has no column {name:?} of the right type"))
    };
    let strategy = typed("strategy", DataType::Utf8)?.as_string::<i32>();
    let class = typed("class", DataType::Utf8)?.as_string::<i32>();
    let cached = typed("cached", DataType::Boolean)?.as_boolean();
    let fitness = typed("fitness", DataType::Float64)?.as_primitive::<Float64Type>();
    let schema = batch.schema();
    let genes: Vec<(&str, usize)> = schema
        .fields()
        .iter()
        .enumerate()
        .filter_map(|(i, field)| Some((field.name().strip_prefix("gene_")?, i)))
        .collect();
    let value = |column: usize, row: usize| -> Option<GeneValue> {
        let column = batch.column(column);
        let text = match column.data_type() {
            _ if column.is_null(row) => return None,
            DataType::Float64 => column.as_primitive::<Float64Type>().value(row).to_string(),
            DataType::Utf8 => column.as_string::<i32>().value(row).to_owned(),
            _ => return None,
        };
        text.parse().ok()
    };
    let mut out = Vec::new();
    for row in 0..batch.num_rows() {
        let counts = strategy.is_valid(row) && fitness.is_valid(row) && fitness.value(row).is_finite();
        if !counts || class.value(row) != "feasible" || cached.value(row) {
            continue;
        }
        let genome = genes.iter().filter_map(|&(name, column)| Some((name.to_owned(), value(column, row)?)));
        let strategy = strategy.value(row).to_owned();
        out.push((fitness.value(row), InitialIndividual { strategy, genome: genome.collect() }));
    }
    Ok(out)
}
