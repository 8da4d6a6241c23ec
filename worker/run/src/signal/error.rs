//! Why there is no signal.

use std::path::PathBuf;

use galapagos_engine::ENGINE;
use galapagos_engine::funding::FundingError;
use galapagos_manifest::Finding;
use galapagos_market::ErrorKind;

use crate::job::market::MarketError;
use crate::job::problem::ProblemError;
use crate::job::resolve::ResolveError;
use crate::report::error::ReportError;

/// Why there is no signal.
#[derive(Debug, thiserror::Error)]
pub enum SignalError {
    /// What stands after # is no rank.
    #[error("{given}: after # comes a rank, from 1")]
    Rank {
        /// What was given.
        given: String,
    },
    /// The result cannot be read.
    #[error(transparent)]
    Result(#[from] ReportError),
    /// The manifest beside a result is missing or none.
    #[error("{}: {problem}", path.display())]
    Manifest {
        /// Its path.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// Another engine made the result.
    #[error("{}: was made by engine {found}, this is engine {ENGINE}: use the version that made it", path.display())]
    Engine {
        /// Where the result lies.
        path: PathBuf,
        /// The engine that made it.
        found: u32,
    },
    /// There are fewer champions.
    #[error("#{rank}: the result has {count} champions, one of each species")]
    NoChampion {
        /// The rank that was asked for.
        rank: usize,
        /// How many there are.
        count: usize,
    },
    /// The job is not the one that made the result.
    #[error(
        "{}: job.yaml beside it has inputs {found}, the result has {stored}: one of them was changed, or the data have volume, \
         funding or prices where those of the result had none, or none where they had some", path.display()
    )]
    Changed {
        /// Where the result lies.
        path: PathBuf,
        /// Inputs of the job.
        found: String,
        /// Inputs of the result.
        stored: String,
    },
    /// The champion is none of the job.
    #[error("the champion of {strategy} is none of its job: {problem}")]
    Champion {
        /// Name of the strategy.
        strategy: String,
        /// What is wrong.
        problem: String,
    },
    /// The data lack a symbol.
    #[error(
        "the champion trades {symbol}, but the data have {has}: name the file that has it {symbol}=FILE, or a dataset with it"
    )]
    NoSymbol {
        /// The symbol.
        symbol: String,
        /// What there is.
        has: String,
    },
    /// The bars have another length.
    #[error("the champion trades bars of {wanted}, but those of {name} are {found} long")]
    Interval {
        /// Name of the data.
        name: String,
        /// What the job has.
        wanted: String,
        /// What the data have.
        found: String,
    },
    /// A file of signals belongs to other data.
    #[error(
        "strategy {strategy} reads a file of signals that was published with version {version} of the dataset: it says nothing \
         about later bars"
    )]
    Signals {
        /// Name of the strategy.
        strategy: String,
        /// The version of the result.
        version: String,
    },
    /// Nothing was decided, since no row counts.
    #[error("no bar of {symbol} counts yet: the champion decides from its bar {first} on")]
    TooShort {
        /// Name of the symbol.
        symbol: String,
        /// The first bar at whose close something is decided, from 1.
        first: usize,
    },
    /// The data cannot be opened.
    #[error(transparent)]
    Market(Box<MarketError>),
    /// The job does not fit the data.
    #[error(transparent)]
    Resolve(Box<ResolveError>),
    /// The job cannot be evaluated on the data.
    #[error(transparent)]
    Problem(Box<ProblemError>),
    /// Funding cannot be charged.
    #[error(transparent)]
    Funding(#[from] FundingError),
    /// The manifest is wrong.
    #[error(transparent)]
    Finding(Box<Finding>),
    /// JSON cannot be written.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
}

impl From<galapagos_market::Error> for SignalError {
    fn from(error: galapagos_market::Error) -> SignalError {
        MarketError::from(error).into()
    }
}

impl From<MarketError> for SignalError {
    fn from(error: MarketError) -> SignalError {
        SignalError::Market(Box::new(error))
    }
}

impl From<ResolveError> for SignalError {
    fn from(error: ResolveError) -> SignalError {
        SignalError::Resolve(Box::new(error))
    }
}

impl From<ProblemError> for SignalError {
    fn from(error: ProblemError) -> SignalError {
        SignalError::Problem(Box::new(error))
    }
}

impl From<Finding> for SignalError {
    fn from(error: Finding) -> SignalError {
        SignalError::Finding(Box::new(error))
    }
}

impl SignalError {
    /// Whether what was given is at fault, not the machine or the program.
    pub fn is_of_the_input(&self) -> bool {
        match self {
            SignalError::Result(error) => error.is_of_the_input(),
            SignalError::Market(error) => {
                !matches!(&**error, MarketError::Data(error) if error.kind() == ErrorKind::Io)
            }
            SignalError::Resolve(error) => !matches!(**error, ResolveError::Json(_)),
            SignalError::Json(_) => false,
            _ => true,
        }
    }

    /// Whether data are missing.
    pub fn is_of_the_data(&self) -> bool {
        matches!(
            self,
            SignalError::Market(_)
                | SignalError::NoSymbol { .. }
                | SignalError::Interval { .. }
                | SignalError::Signals { .. }
                | SignalError::TooShort { .. }
                | SignalError::Problem(_)
                | SignalError::Funding(_)
        )
    }
}
