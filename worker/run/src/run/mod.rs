//! Running a job: who evaluates is separate from what is evaluated next.
//!
//! * [`driver`]: ask, evaluate what is not known, tell, checkpoint. It sees evaluation through [`evaluator::Evaluator`]
//!   only, so that the same loop drives threads here and workers elsewhere.
//! * [`ended`]: how a run ends.
//! * [`front_news`]: what is told of a front.
//! * [`hashers`]: by which hashes genomes are known.
//! * [`limits`]: when it ends; may change while it runs.
//! * [`local`]: evaluation on the threads of this process.
//! * [`memory`], [`pressure`]: batches shrink where memory is short.
//! * [`progress`]: typed records of what happens; nothing in this crate prints.
//! * [`slots`]: one attempt at a batch, with time limits: what threads here and workers elsewhere do.
//! * [`state`]: what a checkpoint keeps besides the evolution itself.
//! * [`walk_forward`]: the evolutions of walk-forward windows, beside each other.
//! * `history`: what a checkpoint keeps of finished generations, as text.
//! * `known`, `verdict_summary`: what is known of genomes, on disk and of the generation at hand.

mod attempt;
pub mod driver;
pub mod ended;
pub mod evaluator;
pub mod front_news;
pub mod hashers;
mod history;
mod known;
pub mod limits;
pub mod local;
pub mod memory;
pub mod pressure;
pub mod progress;
mod resume;
pub mod slots;
mod speed;
pub mod state;
mod verdict_summary;
pub mod walk_forward;
mod watchdog;
