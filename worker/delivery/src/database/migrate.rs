//! The tables, made and brought to this release, each step once.

use tokio_postgres::Client;

use super::To;
use crate::error::DeliveryError;

/// The steps, oldest first. A step that a release has had is never changed.
const STEPS: [&str; 1] = [include_str!("migrations/0001.sql")];
/// Against two deliveries that make the tables at the same time: "galapago" as a number.
const LOCK: i64 = 0x6761_6c61_7061_676f;

/// Makes the steps that the database lacks.
///
/// # Errors
/// It refuses, or its tables are those of a later release.
pub async fn migrate(to: &To, client: &mut Client) -> Result<(), DeliveryError> {
    let failed = |e: tokio_postgres::Error| to.failed(&e);
    let transaction = client.transaction().await.map_err(failed)?;
    transaction.execute("SELECT pg_advisory_xact_lock($1)", &[&LOCK]).await.map_err(failed)?;
    // CREATE SCHEMA IF NOT EXISTS asks for the right to create even where it exists.
    let there = transaction.query_one("SELECT to_regclass('galapagos.migrations') IS NOT NULL", &[]);
    let there: bool = there.await.map_err(failed)?.get(0);
    let mut done = 0;
    if there {
        let newest = "SELECT coalesce(max(step), 0) FROM galapagos.migrations";
        done = transaction.query_one(newest, &[]).await.map_err(failed)?.get::<_, i32>(0);
    }
    let done = usize::try_from(done).unwrap_or(0);
    if done > STEPS.len() {
        return Err(to.refused(format!(
            "its tables are of step {done}, this release knows {}: use the release that made them, or a later one",
            STEPS.len()
        )));
    }
    if !there {
        let first = "CREATE SCHEMA IF NOT EXISTS galapagos;
            CREATE TABLE galapagos.migrations (step integer PRIMARY KEY, at timestamptz NOT NULL DEFAULT now())";
        transaction.batch_execute(first).await.map_err(failed)?;
    }
    for (step, sql) in (1_i32..).zip(STEPS).skip(done) {
        transaction.batch_execute(sql).await.map_err(failed)?;
        let note = "INSERT INTO galapagos.migrations (step) VALUES ($1)";
        transaction.execute(note, &[&step]).await.map_err(failed)?;
    }
    transaction.commit().await.map_err(failed)?;
    client.batch_execute("SET search_path TO galapagos").await.map_err(failed)
}
