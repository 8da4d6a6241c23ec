//! Results in PostgreSQL: the tables of `migrations/`, one transaction a result.

mod connect;
mod copy;
mod migrate;
mod values;

use tokio_postgres::Client;
use tokio_postgres::error::{Error, SqlState};

use crate::destination::Database;
use crate::error::{DeliveryError, chain};
use crate::finished::Finished;
use crate::sink::{Outcome, Watch};

/// A connection whose tables are those of this release.
#[derive(Debug)]
pub struct Connection {
    to: To,
    client: Client,
}

/// The database, for errors.
#[derive(Debug)]
struct To(String);

impl Connection {
    /// Connects, and makes the tables that are missing.
    pub async fn open(name: &str, database: &Database) -> Result<Connection, DeliveryError> {
        let to = To(name.to_owned());
        let mut client = connect::connect(&to, database).await?;
        migrate::migrate(&to, &mut client).await?;
        Ok(Connection { to, client })
    }

    /// Writes a result in one transaction, unless it is there.
    pub async fn deliver(&mut self, run: &Finished, watch: &dyn Watch) -> Result<Outcome, DeliveryError> {
        let written = self.write(run, watch).await;
        written.map_err(|error| match error {
            DeliveryError::NotTaken { to, problem, .. } => {
                DeliveryError::NotTaken { to, name: run.name(), problem }
            }
            other => other,
        })
    }

    async fn write(&mut self, run: &Finished, watch: &dyn Watch) -> Result<Outcome, DeliveryError> {
        let transaction = self.client.transaction().await.map_err(|e| self.to.failed(&e))?;
        // Waits for another delivery of the same result, and sees what became of it.
        let Some(id) = copy::run(&self.to, &transaction, run).await? else { return Ok(Outcome::Present) };
        copy::tables(&self.to, &transaction, id, run, watch).await?;
        run.still_there()?;
        transaction.commit().await.map_err(|e| self.to.failed(&e))?;
        Ok(Outcome::Delivered)
    }
}

impl To {
    fn refused(&self, problem: String) -> DeliveryError {
        DeliveryError::Refused { to: self.0.clone(), problem }
    }

    fn failed(&self, error: &Error) -> DeliveryError {
        let problem = chain(error);
        // Values that the database cannot hold, rules that they break, limits that they exceed: of this result alone.
        if error
            .code()
            .is_some_and(|code| ["22", "23", "54"].iter().any(|class| code.code().starts_with(class)))
        {
            return DeliveryError::NotTaken { to: self.0.clone(), name: "a result".to_owned(), problem };
        }
        let advice = match error.code() {
            Some(&SqlState::INVALID_PASSWORD | &SqlState::INVALID_AUTHORIZATION_SPECIFICATION) => {
                "look at the user, and at PGPASSWORD"
            }
            Some(&SqlState::INVALID_CATALOG_NAME) => "make the database with createdb, or name another",
            Some(&SqlState::INSUFFICIENT_PRIVILEGE) => {
                "the user needs CREATE in the database the first time, then INSERT and SELECT in the schema galapagos"
            }
            Some(&SqlState::READ_ONLY_SQL_TRANSACTION) => "name the primary, not a replica",
            _ => return DeliveryError::Unavailable { to: self.0.clone(), problem },
        };
        self.refused(format!("{problem}; {advice}"))
    }
}
