//! A destination that is open.

use tokio::runtime::{Builder, Runtime};

use crate::bucket::Bucket;
use crate::database::Connection;
use crate::destination::Destination;
use crate::error::DeliveryError;
use crate::finished::Finished;
use crate::folder;

/// What became of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was delivered now.
    Delivered,
    /// It was there.
    Present,
}

/// Told how far a delivery is.
pub trait Watch {
    /// A result begins: its job, and how many units (bytes, or rows of a database) there are.
    fn begins(&self, job: &str, units: u64);
    /// So many units more are done.
    fn advances(&self, units: u64);
}

/// A destination that is open.
#[derive(Debug)]
pub struct Sink {
    name: String,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Folder(folder::Folder),
    Bucket(Runtime, Bucket),
    Database(Runtime, Box<Connection>),
}

impl Sink {
    /// Opens a destination: a folder is made and locked, tables are made where they are missing.
    ///
    /// # Errors
    /// It refuses or cannot be reached.
    pub fn open(destination: &Destination) -> Result<Sink, DeliveryError> {
        let name = destination.to_string();
        let runtime = || {
            let unavailable =
                |e: std::io::Error| DeliveryError::Unavailable { to: name.clone(), problem: e.to_string() };
            Builder::new_current_thread().enable_all().build().map_err(unavailable)
        };
        let kind = match destination {
            Destination::Folder(folder) => Kind::Folder(folder::Folder::open(folder)?),
            Destination::Bucket { bucket, prefix } => {
                Kind::Bucket(runtime()?, Bucket::open(&name, bucket, prefix)?)
            }
            Destination::Database(database) => {
                let runtime = runtime()?;
                let connection = runtime.block_on(Connection::open(&name, database))?;
                Kind::Database(runtime, Box::new(connection))
            }
        };
        Ok(Sink { name, kind })
    }

    /// The destination, without a password.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Delivers a result, unless it is there.
    ///
    /// # Errors
    /// It cannot be read, or the destination refuses or fails. Then nothing of it counts as delivered, and the same call again
    /// goes on.
    pub fn deliver(&mut self, run: &Finished, watch: &dyn Watch) -> Result<Outcome, DeliveryError> {
        match &mut self.kind {
            Kind::Folder(folder) => folder.deliver(run, watch),
            Kind::Bucket(runtime, bucket) => runtime.block_on(bucket.deliver(run, watch)),
            Kind::Database(runtime, connection) => runtime.block_on(connection.deliver(run, watch)),
        }
    }
}
