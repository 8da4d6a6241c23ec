//! What a finished run leaves behind.
//!
//! ```text
//! result/result.json          everything, schema versioned ([`document`])
//!        evaluations.parquet  the ledger, one row an individual ([`evaluations`])
//!        generations.csv      one row a generation
//!        front.csv            of several objectives what nothing dominates ([`front`]); the same as front.parquet
//!        archive.parquet      the best of each cell of behaviour ([`archive`])
//!        champions.yaml       the best of each species, as `population.initial` takes them
//!        best/equity.csv, best/trades.csv, best/years.csv, best/walk_forward.csv
//!        job.yaml             the manifest with everything resolved
//!        report.html          all of it for people, in one page
//!        DIGEST               the result digest
//! ```

mod account;
pub mod archive;
mod archive_points;
pub mod champions;
pub mod document;
pub mod evaluations;
pub mod excluded;
pub mod excursion;
pub mod front;
mod front_points;
pub mod looks;
pub mod luck;
mod parquet;
pub mod pictures;
pub mod ranking;
pub mod rows;
pub mod seen;
pub mod stamp;
pub mod tables;
pub mod top;
pub mod validation;
pub mod walk_forward;
pub mod write;

/// Why a result cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum ResultError {
    /// The files of the run cannot be read or written.
    #[error(transparent)]
    Storage(#[from] crate::storage::StorageError),
    /// The job does not fit its data.
    #[error(transparent)]
    Problem(#[from] crate::job::problem::ProblemError),
    /// The holdout cannot be prepared.
    #[error(transparent)]
    Funding(#[from] galapagos_engine::funding::FundingError),
    /// The winner's neighbours cannot be evaluated.
    #[error(transparent)]
    Evaluator(#[from] crate::run::evaluator::EvaluatorError),
    /// A picture cannot be drawn.
    #[error(transparent)]
    Picture(#[from] crate::pictures::PictureError),
    /// The report cannot be made.
    #[error(transparent)]
    Report(#[from] crate::report::error::ReportError),
    /// A table cannot be encoded; what the file system refuses is a [`ResultError::Storage`].
    #[error("a table of the result cannot be written")]
    Parquet(#[source] ::parquet::errors::ParquetError),
    /// A table cannot be made.
    #[error("a table of the result cannot be made")]
    Arrow(#[from] arrow::error::ArrowError),
    /// JSON cannot be written.
    #[error("result.json cannot be written")]
    Json(#[from] serde_json::Error),
    /// YAML cannot be written.
    #[error("{file} cannot be written")]
    Yaml {
        /// Name of the file.
        file: &'static str,
        /// Why the file cannot be written.
        source: serde_yaml::SerializeError,
    },
    /// A champion evaluated once more is not what the ledger says.
    #[error(
        "{strategy} {genome} is not what the ledger has of it: {difference}; determinism is broken and no result was \
         written: compare the machines that evaluated it, and report it with the run folder"
    )]
    NotDeterministic {
        /// Name of the strategy.
        strategy: String,
        /// The genes of the individual as text.
        genome: String,
        /// What is not the same.
        difference: String,
    },
    /// No individual could be evaluated at all.
    #[error("the run has no individual: it did not finish a generation")]
    Empty,
}
