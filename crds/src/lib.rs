//! The two kinds of Galapagos as Rust types: [`EvolutionJob`] and [`WorkerPool`], their schema, defaults, CEL
//! rules, and the names of conditions and reasons. Types only: no client, no I/O.
//!
//! One file per block of the manifest. The generated CustomResourceDefinitions are in `generated/`; [`mod@reference`]
//! renders them for people.

pub mod archive;
pub mod breeding;
pub mod catalogue;
pub mod conditions;
pub mod crd;
pub mod decimal;
pub mod desired;
pub mod evaluation;
pub mod execution;
pub mod gate;
pub mod gene_value;
pub mod islands;
pub mod job;
pub mod market_data;
pub mod pool;
pub mod pool_status;
pub mod population;
pub mod reference;
mod rules;
pub mod signals;
pub mod source;
pub mod status;
pub mod stop;
pub mod strategy;
pub mod strategy_rules;
pub mod validation;
pub mod verdict;
pub mod walk_forward;

pub use archive::{ArchiveSpec, CellAxis};
pub use breeding::{Breeding, Choose, Preset, ResolvedBreeding};
pub use catalogue::Catalogue;
pub use decimal::Decimal;
pub use desired::Desired;
pub use evaluation::{EvaluationSpec, Goal, Limit, Objective, OnFailure};
pub use execution::ExecutionSpec;
pub use gate::Gate;
pub use gene_value::GeneValue;
pub use islands::{IslandsSpec, Topology};
pub use job::{EvolutionJob, EvolutionJobSpec, Searcher, TtlPolicy};
pub use market_data::{Calendar, CalendarType, MarketData};
pub use pool::{WorkerPool, WorkerPoolSpec};
pub use pool_status::WorkerPoolStatus;
pub use population::{InitialIndividual, Population};
pub use signals::SignalsSpec;
pub use source::{Exchange, FetchSource, Source, Traded};
pub use status::EvolutionJobStatus;
pub use stop::Stop;
pub use strategy::{GeneSpec, GeneWhen, Scale, StrategySpec};
pub use strategy_rules::{Expression, Reentry, RulesSpec, SideRules};
pub use validation::{Gates, ValidationSpec};
pub use walk_forward::{Train, WalkForward};

/// API group of both kinds.
pub const GROUP: &str = "galapagos.dev";
/// API version of both kinds.
pub const VERSION: &str = "v1alpha1";
