//! `evaluations.parquet`: the ledger as a table, one row an individual, ordered by generation and index.
//!
//! Columns: generation, index, of a job with islands island (from 0), strategy, class, reason, fitness, violation, cached, one column a metric that the job
//! asked for, one a gene (`gene_<name>`: numbers as f64, names as text; absent where the strategy lacks the gene),
//! returns, and the 16 block sums in units of 2^-52 as lists.

use std::fs::File;
use std::path::Path;
use std::sync::{Arc, mpsc};

use arrow::array::{
    ArrayRef, BooleanBuilder, Float64Builder, Int64Builder, ListBuilder, RecordBatch, StringBuilder,
    UInt32Builder, UInt64Builder,
};
use galapagos_engine::evaluation::Metric;
use galapagos_genetics::species_id;

use super::ResultError;
use super::parquet::{GeneColumns, batch, failed, writer};
use crate::job::resolve::ResolvedJob;
use crate::storage::StorageError;
use crate::storage::ledger::Ledger;
use crate::storage::record::{Record, RecordIdentity, Verdict};

/// Rows in memory before the writer gets them.
const CHUNK: usize = 1024;
/// Chunks that are read before the writer has taken them.
const AHEAD: usize = 2;

/// Writes the table; `visit` sees every distinct evaluation on the way, in order.
///
/// # Errors
/// The ledger cannot be read or the file not be written.
pub fn write(
    path: &Path,
    job: &ResolvedJob,
    ledger: &Ledger,
    generations: u32,
    mut visit: impl FnMut(&Record),
) -> Result<(), ResultError> {
    let locations = ledger.locations(generations)?;
    let file = File::create(path).map_err(StorageError::io("create", path))?;
    let mut columns = Columns::new(job);
    let mut writer = writer(file, columns.finish()?.schema()).map_err(failed(path))?;
    // Reading and judging take as long as encoding and compressing.
    let (send, receive) = mpsc::sync_channel::<Vec<Row>>(AHEAD);
    std::thread::scope(|scope| {
        let written = scope.spawn(move || {
            for rows in receive {
                rows.iter().for_each(|row| columns.push(row));
                writer.write(&columns.finish()?).map_err(failed(path))?;
            }
            writer.close().map_err(failed(path))?;
            Ok(())
        });
        for chunk in locations.chunks(CHUNK) {
            let mut rows = Vec::with_capacity(chunk.len());
            ledger.read_each(chunk, |position, record| match record {
                Record::Evaluated { .. } => {
                    visit(&record);
                    rows.extend(Row::new(position, record, false));
                }
                Record::Repeated { hash, island, .. } => {
                    let known = ledger.get(hash).and_then(|known| Row::new(position, known, true));
                    rows.extend(known.map(|row| Row { island, ..row }));
                }
            });
            // Nobody receives after a failure, which is answered below.
            if send.send(rows).is_err() {
                break;
            }
        }
        drop(send);
        written.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// An individual of the table.
struct Row {
    position: (u32, u32),
    island: Option<u8>,
    identity: RecordIdentity,
    verdict: Verdict,
    cached: bool,
}

impl Row {
    /// That of an evaluation.
    fn new(position: (u32, u32), record: Record, cached: bool) -> Option<Row> {
        match record {
            Record::Evaluated { identity, verdict } => {
                Some(Row { position, island: identity.island, identity, verdict, cached })
            }
            Record::Repeated { .. } => None,
        }
    }
}

struct Columns<'a> {
    job: &'a ResolvedJob,
    ids: Vec<u16>,
    metrics: Vec<(Metric, Float64Builder)>,
    genes: GeneColumns<'a>,
    generation: UInt32Builder,
    index: UInt32Builder,
    /// Of a job with islands.
    island: Option<UInt32Builder>,
    strategy: StringBuilder,
    class: StringBuilder,
    reason: StringBuilder,
    fitness: Float64Builder,
    violation: Float64Builder,
    cached: BooleanBuilder,
    returns: UInt64Builder,
    s1: ListBuilder<Int64Builder>,
    s2: ListBuilder<Int64Builder>,
}

impl<'a> Columns<'a> {
    fn new(job: &'a ResolvedJob) -> Columns<'a> {
        let metrics = job.fitness.metrics();
        let asked = Metric::ALL.into_iter().filter(|&m| metrics.contains(m));
        Columns {
            job,
            ids: job.species.iter().map(|s| species_id(s.name())).collect(),
            metrics: asked.map(|m| (m, Float64Builder::new())).collect(),
            genes: GeneColumns::new(job),
            generation: UInt32Builder::new(),
            index: UInt32Builder::new(),
            island: job.config.islands.map(|_| UInt32Builder::new()),
            strategy: StringBuilder::new(),
            class: StringBuilder::new(),
            reason: StringBuilder::new(),
            fitness: Float64Builder::new(),
            violation: Float64Builder::new(),
            cached: BooleanBuilder::new(),
            returns: UInt64Builder::new(),
            s1: ListBuilder::new(Int64Builder::new()),
            s2: ListBuilder::new(Int64Builder::new()),
        }
    }

    fn push(&mut self, row: &Row) {
        let Row { position: (generation, index), island, identity, verdict, cached } = row;
        let species = self.ids.iter().position(|&id| id == identity.species).map(|i| &self.job.species[i]);
        self.generation.append_value(*generation);
        self.index.append_value(*index);
        self.island.iter_mut().for_each(|column| column.append_option(island.map(u32::from)));
        self.strategy.append_option(species.map(|s| s.name()));
        self.class.append_value(verdict.class.name());
        let objections = self.job.fitness.objections(verdict);
        let reasons: Vec<String> = objections.iter().map(ToString::to_string).collect();
        self.reason.append_option((!reasons.is_empty()).then(|| reasons.join("; ")));
        self.fitness.append_option(verdict.fitness);
        self.violation.append_value(verdict.violation);
        self.cached.append_value(*cached);
        let evaluation = verdict.evaluation.as_ref();
        for (metric, column) in &mut self.metrics {
            column.append_option(evaluation.and_then(|e| e.metrics.get(*metric)));
        }
        let named = species.map(|s| s.named(&identity.genome)).unwrap_or_default();
        self.genes.push(|gene| named.iter().find(|(name, _)| name == gene).map(|(_, value)| value));
        self.returns.append_option(evaluation.map(|e| e.returns));
        for block in evaluation.iter().flat_map(|e| &e.blocks) {
            self.s1.values().append_value(block.s1);
            self.s2.values().append_value(block.s2);
        }
        self.s1.append(evaluation.is_some());
        self.s2.append(evaluation.is_some());
    }

    fn finish(&mut self) -> Result<RecordBatch, ResultError> {
        let mut columns: Vec<(String, ArrayRef)> = vec![
            ("generation".into(), Arc::new(self.generation.finish())),
            ("index".into(), Arc::new(self.index.finish())),
        ];
        if let Some(island) = &mut self.island {
            columns.push(("island".into(), Arc::new(island.finish())));
        }
        let told: [(String, ArrayRef); 6] = [
            ("strategy".into(), Arc::new(self.strategy.finish())),
            ("class".into(), Arc::new(self.class.finish())),
            ("reason".into(), Arc::new(self.reason.finish())),
            ("fitness".into(), Arc::new(self.fitness.finish())),
            ("violation".into(), Arc::new(self.violation.finish())),
            ("cached".into(), Arc::new(self.cached.finish())),
        ];
        columns.extend(told);
        for (metric, column) in &mut self.metrics {
            columns.push((metric.name().to_owned(), Arc::new(column.finish())));
        }
        columns.extend(self.genes.finish());
        columns.push(("returns".into(), Arc::new(self.returns.finish())));
        columns.push(("block_s1".into(), Arc::new(self.s1.finish())));
        columns.push(("block_s2".into(), Arc::new(self.s2.finish())));
        batch(columns)
    }
}
