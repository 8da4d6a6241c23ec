//! The evaluations of one strategy in `evaluations.parquet`: its numeric genes and its fitness.

use std::fs::File;
use std::io::ErrorKind;
use std::path::Path;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{DataType, Float64Type};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::error::ReportError;

/// Most evaluations that are looked at; of more, every second, third, ... one.
const MOST: u64 = 200_000;
/// Rows in memory at a time.
const BATCH: usize = 4096;
/// Most genes that are looked at: no strategy has more.
const GENES: usize = 64;

/// Evaluations of a strategy.
#[derive(Clone, Debug, Default)]
pub struct Evaluated {
    /// Names of the genes that are numbers.
    pub genes: Vec<String>,
    /// Values of each gene, one an evaluation.
    pub values: Vec<Vec<f64>>,
    /// Fitness of each evaluation; NaN: none.
    pub fitness: Vec<f64>,
    /// 1, or 2, 3, ...: every how many evaluations were looked at.
    pub every: u64,
}

/// Reads the evaluations of `strategy`; `None` if the result has no such file.
///
/// # Errors
/// [`ReportError`].
pub fn read(path: &Path, strategy: &str) -> Result<Option<Evaluated>, ReportError> {
    let file = match File::open(path) {
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
        opened => opened.map_err(ReportError::read(path))?,
    };
    let wrong = |problem: String| ReportError::Ledger { path: path.to_owned(), problem };
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|e| wrong(e.to_string()))?;
    let schema = builder.schema().clone();
    let is = |name: &str, kind: DataType| {
        schema.column_with_name(name).filter(|(_, field)| *field.data_type() == kind).map(|(place, _)| place)
    };
    let missing = |name: &str| wrong(format!("it has no column {name:?} of the right type"));
    let mut wanted = vec![
        is("strategy", DataType::Utf8).ok_or_else(|| missing("strategy"))?,
        is("cached", DataType::Boolean).ok_or_else(|| missing("cached"))?,
        is("fitness", DataType::Float64).ok_or_else(|| missing("fitness"))?,
    ];
    let fields = schema.fields().iter().enumerate();
    let numeric =
        fields.filter(|(_, f)| f.name().starts_with("gene_") && *f.data_type() == DataType::Float64);
    wanted.extend(numeric.map(|(place, _)| place).take(GENES));
    let name = |place: &usize| schema.field(*place).name().trim_start_matches("gene_").to_owned();
    let genes: Vec<String> = wanted.iter().skip(3).map(name).collect();
    let rows = u64::try_from(builder.metadata().file_metadata().num_rows()).unwrap_or(0);
    let every = rows.div_ceil(MOST).max(1);
    let mask = ProjectionMask::roots(builder.parquet_schema(), wanted);
    let reader =
        builder.with_projection(mask).with_batch_size(BATCH).build().map_err(|e| wrong(e.to_string()))?;

    let mut out = Evaluated { values: vec![Vec::new(); genes.len()], genes, every, ..Evaluated::default() };
    let mut seen = 0_u64;
    for batch in reader {
        let batch = batch.map_err(|e| wrong(e.to_string()))?;
        let column = |name: &str| batch.column_by_name(name).ok_or_else(|| missing(name));
        let (strategies, cached) = (column("strategy")?.as_string::<i32>(), column("cached")?.as_boolean());
        let fitness = column("fitness")?.as_primitive::<Float64Type>();
        let genes: Vec<_> =
            out.genes.iter().map(|g| column(&format!("gene_{g}"))).collect::<Result<_, _>>()?;
        for row in 0..batch.num_rows() {
            if strategies.is_null(row)
                || strategies.value(row) != strategy
                || (cached.is_valid(row) && cached.value(row))
            {
                continue;
            }
            seen += 1;
            if !(seen - 1).is_multiple_of(every) {
                continue;
            }
            out.fitness.push(if fitness.is_valid(row) { fitness.value(row) } else { f64::NAN });
            for (values, gene) in out.values.iter_mut().zip(&genes) {
                let gene = gene.as_primitive::<Float64Type>();
                values.push(if gene.is_valid(row) { gene.value(row) } else { f64::NAN });
            }
        }
    }
    Ok(Some(out.without_strangers()))
}

impl Evaluated {
    /// Without the genes of other strategies, which no row has a value of.
    fn without_strangers(mut self) -> Evaluated {
        let known: Vec<bool> = self.values.iter().map(|v| v.iter().any(|x| x.is_finite())).collect();
        let mut keep = known.iter();
        self.genes.retain(|_| *keep.next().unwrap_or(&false));
        let mut keep = known.iter();
        self.values.retain(|_| *keep.next().unwrap_or(&false));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    use arrow::array::{ArrayRef, BooleanArray, Float64Array, RecordBatch, StringArray};
    use parquet::arrow::ArrowWriter;

    #[test]
    fn only_the_strategy_itself_its_own_genes_and_no_repeats_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("e.parquet");
        let columns: [(&str, ArrayRef); 6] = [
            ("strategy", Arc::new(StringArray::from(vec!["a", "b", "a", "a"]))),
            ("cached", Arc::new(BooleanArray::from(vec![false, false, true, false]))),
            ("fitness", Arc::new(Float64Array::from(vec![Some(1.0), Some(2.0), Some(3.0), None]))),
            ("gene_x", Arc::new(Float64Array::from(vec![5.0, 6.0, 7.0, 8.0]))),
            ("gene_other", Arc::new(Float64Array::from(vec![None, Some(1.0), None, None]))),
            ("gene_name", Arc::new(StringArray::from(vec!["p", "q", "r", "s"]))),
        ];
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        let mut writer = ArrowWriter::try_new(File::create(&path).unwrap(), batch.schema(), None).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        let read = read(&path, "a").unwrap().unwrap();
        assert_eq!((read.genes, read.values), (vec!["x".to_owned()], vec![vec![5.0, 8.0]]));
        assert!(read.fitness[0] == 1.0 && read.fitness[1].is_nan());
    }

    #[test]
    fn bytes_that_are_no_table_are_an_error_of_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("e.parquet");
        std::fs::write(&path, "PAR1 nonsense PAR1").unwrap();
        assert!(read(&path, "a").unwrap_err().to_string().contains("table of evaluations"));
    }
}
