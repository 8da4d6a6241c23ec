//! How the driver gets individuals evaluated, whoever does it.

use std::ops::ControlFlow;
use std::sync::atomic::AtomicBool;

use galapagos_engine::evaluation::Evaluation;
use galapagos_genetics::Genome;

/// An individual to evaluate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// Index inside the generation: results are named by it.
    pub index: usize,
    /// Position of its species in the job.
    pub species: usize,
    /// The genome in canonical form: one grid index per gene.
    pub genome: Genome,
}

/// Why an individual could not be evaluated. The machine is at fault, not the genome: it is quarantined and the
/// result is marked as not reproducible.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Exception {
    /// The evaluation panicked in every attempt.
    #[error("panicked: {0}")]
    Panicked(String),
    /// It took longer than the job allows in every attempt.
    #[error("took longer than {seconds} s")]
    TimedOut {
        /// The time limit in seconds.
        seconds: u32,
    },
}

/// The evaluator itself failed: the run ends, nothing is recorded.
#[derive(Debug, thiserror::Error)]
pub enum EvaluatorError {
    /// The system gives no threads.
    #[error("evaluation stopped: no threads")]
    Threads(#[from] rayon::ThreadPoolBuildError),
    /// Those who evaluate outside this process cannot go on.
    #[error("evaluation stopped")]
    Elsewhere(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// What became of a task. It goes through several hands, and an evaluation is half a kilobyte.
pub type Answer = Result<Box<Evaluation>, Exception>;

/// Takes answers that came together, each to the individual of an index, and says whether it wants more of them.
pub type Sink<'a> = dyn FnMut(Vec<(usize, Answer)>) -> ControlFlow<()> + 'a;

/// Evaluates batches of individuals.
pub trait Evaluator {
    /// Evaluates `tasks` and hands the answers to `sink` as soon as they are there, in any order. When `interrupt`
    /// rises or the sink wants no more, tasks without an answer are left out.
    ///
    /// # Errors
    /// Only when evaluation as such is impossible. A single individual's failure is an [`Exception`].
    fn evaluate(
        &mut self,
        tasks: &[Task],
        interrupt: &AtomicBool,
        sink: &mut Sink<'_>,
    ) -> Result<(), EvaluatorError>;

    /// Machines that evaluate now: what a second of the run costs.
    fn workers(&self) -> f64 {
        1.0
    }
}
