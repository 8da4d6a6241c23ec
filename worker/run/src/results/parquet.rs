//! What the tables of a result in the format Parquet share: columns of genes, how they are compressed, and errors.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;

use ::parquet::arrow::ArrowWriter;
use ::parquet::basic::{Compression, ZstdLevel};
use ::parquet::errors::ParquetError;
use ::parquet::file::properties::WriterProperties;
use arrow::array::{ArrayRef, Float64Builder, RecordBatch, StringBuilder};
use arrow::datatypes::{Field, Schema, SchemaRef};
use galapagos_crds::GeneValue;
use galapagos_crds::catalogue::GeneKind;

use super::ResultError;
use crate::job::resolve::ResolvedJob;
use crate::storage::StorageError;

/// Rows of a group: what the writer keeps in memory until it is complete.
const GROUP: usize = 4096;

/// A writer of a table.
pub fn writer<W: io::Write + Send>(to: W, schema: SchemaRef) -> Result<ArrowWriter<W>, ParquetError> {
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_max_row_group_row_count(Some(GROUP))
        .build();
    ArrowWriter::try_new(to, schema, Some(properties))
}

/// Writes a table of one piece.
///
/// # Errors
/// The file cannot be written, or the columns are no table.
pub fn write(path: &Path, columns: Vec<(String, ArrayRef)>) -> Result<(), ResultError> {
    let file = File::create(path).map_err(StorageError::io("create", path))?;
    let batch = batch(columns)?;
    let mut writer = writer(file, batch.schema()).map_err(failed(path))?;
    writer.write(&batch).map_err(failed(path))?;
    writer.close().map_err(failed(path))?;
    Ok(())
}

/// Named columns as a table. Its schema does not depend on whether they happen to hold nulls.
///
/// # Errors
/// They differ in length.
pub fn batch(columns: Vec<(String, ArrayRef)>) -> Result<RecordBatch, ResultError> {
    let fields: Vec<Field> =
        columns.iter().map(|(name, array)| Field::new(name, array.data_type().clone(), true)).collect();
    let arrays = columns.into_iter().map(|(_, array)| array).collect();
    Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)?)
}

/// A failed write is an error of the file, as everywhere: the table's own error hides it.
pub fn failed(path: &Path) -> impl FnOnce(ParquetError) -> ResultError {
    move |error| match error {
        ParquetError::External(cause) => match cause.downcast::<io::Error>() {
            Ok(error) => StorageError::io("write", path)(*error).into(),
            Err(cause) => ResultError::Parquet(ParquetError::External(cause)),
        },
        other => ResultError::Parquet(other),
    }
}

enum Gene {
    Number(Float64Builder),
    Name(StringBuilder),
}

/// A column for each gene of a job by its name, `gene_<name>`: numbers as f64, names as text; absent where a strategy lacks it.
pub struct GeneColumns<'a>(BTreeMap<&'a str, Gene>);

impl<'a> GeneColumns<'a> {
    /// Those of a job.
    pub fn new(job: &'a ResolvedJob) -> GeneColumns<'a> {
        let mut genes = BTreeMap::new();
        for def in job.species.iter().flat_map(|s| s.defs()) {
            // A name that one strategy uses for numbers and another for names is text for both.
            let text = def.kind == GeneKind::Categorical
                || matches!(genes.get(def.name.as_str()), Some(Gene::Name(_)));
            let column =
                if text { Gene::Name(StringBuilder::new()) } else { Gene::Number(Float64Builder::new()) };
            genes.insert(def.name.as_str(), column);
        }
        GeneColumns(genes)
    }

    /// Appends an individual, given by the value of each gene that it has.
    pub fn push<'v>(&mut self, value: impl Fn(&str) -> Option<&'v GeneValue>) {
        for (gene, column) in &mut self.0 {
            match (column, value(gene)) {
                (Gene::Number(c), Some(GeneValue::Number(x))) => c.append_value(x.to_f64()),
                (Gene::Number(c), _) => c.append_null(),
                (Gene::Name(c), value) => c.append_option(value.map(ToString::to_string)),
            }
        }
    }

    /// What was appended since the last time.
    pub fn finish(&mut self) -> impl Iterator<Item = (String, ArrayRef)> {
        self.0.iter_mut().map(|(gene, column)| {
            let array: ArrayRef = match column {
                Gene::Number(c) => Arc::new(c.finish()),
                Gene::Name(c) => Arc::new(c.finish()),
            };
            (format!("gene_{gene}"), array)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct FullDisk;

    impl io::Write for FullDisk {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_full_disk_is_an_error_of_the_file_and_not_of_the_table() {
        let write = || ArrowWriter::try_new(FullDisk, Arc::new(Schema::empty()), None)?.close();
        let error = write().map_err(failed(Path::new("table"))).unwrap_err();
        let ResultError::Storage(StorageError::Io { path, source, .. }) = error else { panic!("{error:?}") };
        assert_eq!((path.as_path(), source.kind()), (Path::new("table"), io::ErrorKind::StorageFull));
    }
}
