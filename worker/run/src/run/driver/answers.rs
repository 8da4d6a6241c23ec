//! What a driver does with the answers of a generation: each gets its verdict, and what a kill must not take is written before
//! more are waited for.

use std::ops::ControlFlow;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use galapagos_crds::GeneValue;

use super::{Driver, RunError, VerdictSummary};
use crate::run::evaluator::{Answer, Evaluator, Task};
use crate::run::known::{Asked, CandidatePosition};
use crate::run::progress::{Observer, RunEvent};
use crate::storage::exceptions::{self, ExceptionLine};

/// Answers of so long a time may be lost to a kill while more of them are waited for: in a generation that takes no longer
/// they are written once, beside the breeding of the next.
const AT_RISK: Duration = Duration::from_millis(10);

impl Driver<'_> {
    /// Has tasks of a generation evaluated, and gives their answers verdicts.
    pub(super) fn evaluate(
        &mut self,
        asked: Asked<'_>,
        tasks: Vec<Task>,
        verdicts: &mut [Option<VerdictSummary>],
        evaluator: &mut dyn Evaluator,
        observer: &mut dyn Observer,
        interrupt: &AtomicBool,
    ) -> Result<(), RunError> {
        if tasks.is_empty() {
            return Ok(());
        }
        let Asked { generation, candidates, .. } = asked;
        let mut done = candidates.len() - tasks.len();
        let mut taken = Ok(());
        let began = Instant::now();
        let ended = evaluator.evaluate(&tasks, interrupt, &mut |answers| {
            let before = done;
            done += answers.len();
            // Who hears of an exception finds it in the ledger after a kill, too.
            let failed = answers.iter().any(|(_, answer)| answer.is_err());
            taken = self.take(asked, answers, verdicts, observer);
            // The last ones are saved with the boundary.
            let waits = done < candidates.len() && began.elapsed() >= AT_RISK;
            if taken.is_ok() && (waits || failed) {
                taken = self.known.flush().map_err(RunError::from);
            }
            if taken.is_err() {
                return ControlFlow::Break(());
            }
            for done in before + 1..=done {
                observer.observe(RunEvent::Evaluated { generation, done, of: candidates.len() });
            }
            ControlFlow::Continue(())
        });
        taken.and(ended.map_err(RunError::from))
    }

    /// Gives answers their verdicts.
    fn take(
        &mut self,
        asked: Asked<'_>,
        answers: Vec<(usize, Answer)>,
        verdicts: &mut [Option<VerdictSummary>],
        observer: &mut dyn Observer,
    ) -> Result<(), RunError> {
        answers.into_iter().try_for_each(|(index, answer)| {
            verdicts[index] = Some(self.judge(asked.position(index), answer, observer)?);
            Ok(())
        })
    }

    fn judge(
        &mut self,
        position: CandidatePosition<'_>,
        answer: Answer,
        observer: &mut dyn Observer,
    ) -> Result<VerdictSummary, RunError> {
        let CandidatePosition { generation, index, .. } = position;
        let exception = answer.as_ref().err().cloned();
        let verdict = self.job.fitness.verdict(answer.ok());
        if let Some(exception) = exception {
            let candidate = position.candidate();
            let strategy = &self.job.species[candidate.species];
            let genome = strategy.named(&candidate.genome);
            if self.job.failures.fatal {
                let (strategy, genome) = (strategy.name().to_owned(), text(&genome));
                return Err(RunError::EvaluationFailed { strategy, genome, exception });
            }
            let problem = exception.to_string();
            let line = ExceptionLine {
                generation,
                index: index as u32,
                strategy: strategy.name().to_owned(),
                genome: genome.iter().cloned().collect(),
                problem: problem.clone(),
            };
            exceptions::append(self.folder.path(), &line)?;
            observer.observe(RunEvent::Quarantined { strategy: strategy.name(), genome: &genome, problem });
        }
        let summary = VerdictSummary::new(&verdict, &self.job.fitness);
        self.known.record(position, verdict);
        self.pace.evaluated += 1;
        Ok(summary)
    }
}

fn text(genome: &[(String, GeneValue)]) -> String {
    genome.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
}
