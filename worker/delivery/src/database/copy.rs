//! The rows of a result: that of the run first, then the tables that belong to it, in PostgreSQL's binary form.

use std::pin::Pin;

use galapagos_run::results::document::{Champion, MetricMap, ResultDocument};
use galapagos_run::results::rows::Rows;
use serde_json::Value;
use tokio_postgres::Transaction;
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::{ToSql, Type};

use super::To;
use super::values::{count, document, genome, metrics, small};
use crate::error::DeliveryError;
use crate::finished::Finished;
use crate::sink::Watch;

const RUN: &str = "INSERT INTO runs (namespace, job, inputs_digest, result_digest, dataset, dataset_digest, engine, generations,
    stopped_by, reproducible, optimistic, validated, distinct_evaluations, cached, failed, exceptions, seconds,
    strategy_bars_per_second, document)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
  ON CONFLICT (namespace, job, inputs_digest, result_digest) DO NOTHING RETURNING run";

/// Writes the row of a run and returns its number; `None`: it is there.
pub async fn run(
    to: &To,
    transaction: &Transaction<'_>,
    run: &Finished,
) -> Result<Option<i64>, DeliveryError> {
    let d = &run.document;
    let validated = d.validation.as_ref().and_then(|v| match v.validated.as_str() {
        "True" => Some(true),
        "False" => Some(false),
        _ => None,
    });
    let engine = small(d.engine);
    let generations = small(run.mark().generation);
    let e = &d.evaluations;
    let values: [&(dyn ToSql + Sync); 19] = [
        &d.job.namespace,
        &d.job.name,
        &d.inputs_digest,
        &d.result_digest,
        &d.data.dataset,
        &d.dataset_digest,
        &engine,
        &generations,
        &d.stopped_by,
        &d.reproducible,
        &d.optimistic,
        &validated,
        &count(e.distinct),
        &count(e.cached),
        &count(e.failed),
        &count(e.exceptions),
        &d.seconds,
        &d.strategy_bars_per_second,
        &document(d),
    ];
    let row = transaction.query_opt(RUN, &values).await.map_err(|e| to.failed(&e))?;
    Ok(row.map(|row| row.get(0)))
}

/// Writes all other tables.
pub async fn tables(
    to: &To,
    transaction: &Transaction<'_>,
    id: i64,
    run: &Finished,
    watch: &dyn Watch,
) -> Result<(), DeliveryError> {
    let rows = Rows::open(&run.folder)?;
    watch.begins(&run.name(), rows.as_ref().map_or(0, Rows::count));
    generations(to, transaction, id, &run.document).await?;
    champions(to, transaction, id, &run.document).await?;
    front(to, transaction, id, &run.document).await?;
    match rows {
        Some(rows) => evaluations(to, transaction, id, rows, watch).await,
        None => Ok(()),
    }
}

/// A table that is copied into.
struct Table<'a> {
    to: &'a To,
    writer: Pin<Box<BinaryCopyInWriter>>,
}

impl Table<'_> {
    async fn begin<'a>(
        to: &'a To,
        transaction: &Transaction<'_>,
        name: &str,
        columns: &[(&str, Type)],
    ) -> Result<Table<'a>, DeliveryError> {
        let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
        let copy = format!("COPY {name} ({}) FROM STDIN (FORMAT binary)", names.join(", "));
        let sink = transaction.copy_in(&copy).await.map_err(|e| to.failed(&e))?;
        let types: Vec<Type> = columns.iter().map(|(_, kind)| kind.clone()).collect();
        Ok(Table { to, writer: Box::pin(BinaryCopyInWriter::new(sink, &types)) })
    }

    async fn row(&mut self, values: &[&(dyn ToSql + Sync)]) -> Result<(), DeliveryError> {
        self.writer.as_mut().write(values).await.map_err(|e| self.to.failed(&e))
    }

    /// Without it nothing was copied.
    async fn end(mut self) -> Result<(), DeliveryError> {
        self.writer.as_mut().finish().await.map(|_| ()).map_err(|e| self.to.failed(&e))
    }
}

fn of_map(map: &MetricMap) -> Value {
    metrics(map.iter().map(|(name, value)| (name, *value)))
}

async fn generations(
    to: &To,
    transaction: &Transaction<'_>,
    id: i64,
    document: &ResultDocument,
) -> Result<(), DeliveryError> {
    let columns = [
        ("run", Type::INT8),
        ("generation", Type::INT4),
        ("best", Type::FLOAT8),
        ("strategy", Type::TEXT),
        ("median", Type::FLOAT8),
        ("spread", Type::FLOAT8),
        ("diversity", Type::FLOAT8),
        ("feasible", Type::INT4),
        ("infeasible", Type::INT4),
        ("failed", Type::INT4),
        ("cached", Type::INT4),
        ("distinct_evaluations", Type::INT8),
        ("seconds", Type::FLOAT8),
        ("front", Type::INT4),
        ("hypervolume", Type::FLOAT8),
    ];
    let mut table = Table::begin(to, transaction, "generations", &columns).await?;
    for g in &document.generations {
        let values: [&(dyn ToSql + Sync); 15] = [
            &id,
            &small(g.generation),
            &g.best,
            &g.strategy,
            &g.median,
            &g.spread,
            &g.diversity,
            &small(g.feasible),
            &small(g.infeasible),
            &small(g.failed),
            &small(g.cached),
            &count(g.distinct),
            &g.seconds,
            &g.front.map(small),
            &g.hypervolume,
        ];
        table.row(&values).await?;
    }
    table.end().await
}

async fn champions(
    to: &To,
    transaction: &Transaction<'_>,
    id: i64,
    document: &ResultDocument,
) -> Result<(), DeliveryError> {
    let columns = [
        ("run", Type::INT8),
        ("strategy", Type::TEXT),
        ("best", Type::BOOL),
        ("class", Type::TEXT),
        ("objective", Type::TEXT),
        ("fitness", Type::FLOAT8),
        ("violation", Type::FLOAT8),
        ("objections", Type::TEXT_ARRAY),
        ("genome", Type::JSONB),
        ("metrics", Type::JSONB),
        ("holdout", Type::JSONB),
        ("deflated_sharpe", Type::FLOAT8),
        ("trials", Type::INT8),
    ];
    let is_best = |c: &Champion| {
        document.best.as_ref().is_some_and(|best| best.strategy == c.strategy && best.genome == c.genome)
    };
    let mut table = Table::begin(to, transaction, "champions", &columns).await?;
    for c in &document.species {
        let holdout = c.holdout.as_ref().map(|account| of_map(&account.metrics));
        let values: [&(dyn ToSql + Sync); 13] = [
            &id,
            &c.strategy,
            &is_best(c),
            &c.class,
            &c.objective,
            &c.fitness,
            &c.violation,
            &c.objections,
            &genome(&c.genome),
            &of_map(&c.training.metrics),
            &holdout,
            &c.deflated_sharpe,
            &count(c.trials),
        ];
        table.row(&values).await?;
    }
    table.end().await
}

async fn front(
    to: &To,
    transaction: &Transaction<'_>,
    id: i64,
    document: &ResultDocument,
) -> Result<(), DeliveryError> {
    let Some(front) = &document.front else { return Ok(()) };
    let columns = [
        ("run", Type::INT8),
        ("point", Type::INT4),
        ("strategy", Type::TEXT),
        ("class", Type::TEXT),
        ("violation", Type::FLOAT8),
        ("objectives", Type::JSONB),
        ("holdout", Type::JSONB),
        ("genome", Type::JSONB),
        ("metrics", Type::JSONB),
        ("deflated_sharpe", Type::FLOAT8),
    ];
    let named = |values: &[Option<f64>]| {
        metrics(front.objectives.iter().map(|o| &o.name).zip(values.iter().copied()))
    };
    let mut table = Table::begin(to, transaction, "fronts", &columns).await?;
    for (at, point) in (0_i32..).zip(&front.points) {
        let holdout = point.holdout.as_deref().map(named);
        let values: [&(dyn ToSql + Sync); 10] = [
            &id,
            &at,
            &point.strategy,
            &point.class,
            &point.violation,
            &named(&point.values),
            &holdout,
            &genome(&point.genome),
            &of_map(&point.metrics),
            &point.deflated_sharpe,
        ];
        table.row(&values).await?;
    }
    table.end().await
}

async fn evaluations(
    to: &To,
    transaction: &Transaction<'_>,
    id: i64,
    rows: Rows,
    watch: &dyn Watch,
) -> Result<(), DeliveryError> {
    let columns = [
        ("run", Type::INT8),
        ("generation", Type::INT4),
        ("individual", Type::INT4),
        ("strategy", Type::TEXT),
        ("class", Type::TEXT),
        ("reason", Type::TEXT),
        ("fitness", Type::FLOAT8),
        ("violation", Type::FLOAT8),
        ("cached", Type::BOOL),
        ("genome", Type::JSONB),
        ("metrics", Type::JSONB),
    ];
    let mut table = Table::begin(to, transaction, "evaluations", &columns).await?;
    for batch in rows {
        let batch = batch?;
        for row in &batch {
            let values: [&(dyn ToSql + Sync); 11] = [
                &id,
                &small(row.generation),
                &small(row.index),
                &row.strategy,
                &row.class,
                &row.reason,
                &row.fitness,
                &row.violation,
                &row.cached,
                &genome(&row.genome),
                &metrics(row.metrics.iter().map(|(name, value)| (name, Some(*value)))),
            ];
            table.row(&values).await?;
        }
        watch.advances(batch.len() as u64);
    }
    table.end().await
}
