//! `evaluations.parquet`, row by row, for whoever carries it elsewhere.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Float64Type, UInt32Type};
use galapagos_crds::GeneValue;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};

use crate::report::error::ReportError;

/// Rows in memory at a time.
const BATCH: usize = 4096;
/// Before the name of a gene in the name of its column.
const GENE: &str = "gene_";

/// One individual of a generation.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Its generation, from 0.
    pub generation: u32,
    /// Its place in the generation, from 0.
    pub index: u32,
    /// Name of its strategy; `None`: the job no longer has it.
    pub strategy: Option<String>,
    /// feasible, infeasible or failed.
    pub class: String,
    /// What stands against it.
    pub reason: Option<String>,
    /// Value of the (first) objective.
    pub fitness: Option<f64>,
    /// Sum of relative violations of the limits.
    pub violation: Option<f64>,
    /// Whether it had been evaluated before.
    pub cached: bool,
    /// The value of each gene, by its name.
    pub genome: BTreeMap<String, GeneValue>,
    /// The metrics that the job asked for and that are defined, by their names.
    pub metrics: BTreeMap<String, f64>,
}

/// The rows of a table, a few thousand at a time.
#[derive(Debug)]
pub struct Rows {
    path: PathBuf,
    reader: ParquetRecordBatchReader,
    count: u64,
}

impl Rows {
    /// Opens the table of the result in `folder`; `None`: it has none.
    ///
    /// # Errors
    /// It cannot be read, or is no such table.
    pub fn open(folder: &Path) -> Result<Option<Rows>, ReportError> {
        let path = folder.join("evaluations.parquet");
        let file = match File::open(&path) {
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
            opened => opened.map_err(ReportError::read(&path))?,
        };
        let wrong = |problem: String| ReportError::Ledger { path: path.clone(), problem };
        let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|e| wrong(e.to_string()))?;
        let count = u64::try_from(builder.metadata().file_metadata().num_rows()).unwrap_or(0);
        // Not the lists of block sums: they are the better part of the table.
        let fields = builder.schema().fields().iter().enumerate();
        let plain = fields.filter(|(_, f)| !f.data_type().is_nested()).map(|(i, _)| i).collect::<Vec<_>>();
        let mask = ProjectionMask::roots(builder.parquet_schema(), plain);
        let reader =
            builder.with_projection(mask).with_batch_size(BATCH).build().map_err(|e| wrong(e.to_string()))?;
        Ok(Some(Rows { path, reader, count }))
    }

    /// How many rows the table has.
    pub fn count(&self) -> u64 {
        self.count
    }
}

impl Iterator for Rows {
    type Item = Result<Vec<Row>, ReportError>;

    fn next(&mut self) -> Option<Self::Item> {
        let batch = self.reader.next()?;
        let wrong = |problem: String| ReportError::Ledger { path: self.path.clone(), problem };
        Some(batch.map_err(|e| wrong(e.to_string())).and_then(|batch| rows(&batch).map_err(wrong)))
    }
}

fn rows(batch: &RecordBatch) -> Result<Vec<Row>, String> {
    let typed = |name: &str, kind: DataType| {
        let column = batch.column_by_name(name).filter(|column| *column.data_type() == kind);
        column.ok_or_else(|| format!("it has no column {name:?} of the right type"))
    };
    let whole = |name| typed(name, DataType::UInt32).map(|c| c.as_primitive::<UInt32Type>());
    let number = |name| typed(name, DataType::Float64).map(|c| c.as_primitive::<Float64Type>());
    let text = |name| typed(name, DataType::Utf8).map(|c| c.as_string::<i32>());
    let (generation, index) = (whole("generation")?, whole("index")?);
    let (strategy, class, reason) = (text("strategy")?, text("class")?, text("reason")?);
    let (fitness, violation) = (number("fitness")?, number("violation")?);
    let cached = typed("cached", DataType::Boolean)?.as_boolean();
    let schema = batch.schema();
    let columns: Vec<(&str, &dyn Array)> = schema
        .fields()
        .iter()
        .zip(batch.columns())
        .map(|(field, column)| (field.name().as_str(), column.as_ref()))
        .collect();
    let genes: Vec<_> =
        columns.iter().filter_map(|&(name, column)| Some((name.strip_prefix(GENE)?, column))).collect();
    let own = ["fitness", "violation"];
    let is_metric = |name: &str, kind: &DataType| {
        *kind == DataType::Float64 && !name.starts_with(GENE) && !own.contains(&name)
    };
    let metrics: Vec<_> = columns
        .iter()
        .filter(|(name, column)| is_metric(name, column.data_type()))
        .map(|&(name, column)| (name, column.as_primitive::<Float64Type>()))
        .collect();
    let some = |text: &arrow::array::StringArray, row| text.is_valid(row).then(|| text.value(row).to_owned());
    let defined = |column: &arrow::array::Float64Array, row| {
        column.is_valid(row).then(|| column.value(row)).filter(|x| !x.is_nan())
    };
    let of = |row: usize| Row {
        generation: generation.value(row),
        index: index.value(row),
        strategy: some(strategy, row),
        class: class.value(row).to_owned(),
        reason: some(reason, row),
        fitness: defined(fitness, row),
        violation: defined(violation, row),
        cached: cached.value(row),
        genome: genes
            .iter()
            .filter_map(|&(name, column)| Some((name.to_owned(), gene(column, row)?)))
            .collect(),
        metrics: metrics
            .iter()
            .filter_map(|&(name, column)| Some((name.to_owned(), defined(column, row)?)))
            .collect(),
    };
    Ok((0..batch.num_rows()).map(of).collect())
}

fn gene(column: &dyn Array, row: usize) -> Option<GeneValue> {
    let text = match column.data_type() {
        _ if column.is_null(row) => return None,
        DataType::Float64 => column.as_primitive::<Float64Type>().value(row).to_string(),
        DataType::Utf8 => column.as_string::<i32>().value(row).to_owned(),
        _ => return None,
    };
    text.parse().ok()
}
