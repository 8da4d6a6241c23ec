//! What is known of a run, from all who tell: the final report, the last words, the last report, the status before.

use std::collections::BTreeMap;

use galapagos_crds::GeneValue;
use galapagos_crds::status::{
    Best, Evaluations, EvolutionJobStatus, FrontStatus, GenerationStatus, NamedPoint, Provenance, Results,
    Verdict,
};
use galapagos_protocol::progress::{self as wire, Report};

use super::end::JobEnd;
use super::fit::MAX_NAME;
use super::situation::Situation;
use super::{large, small, told};

/// Bounds of the schema.
const MAX_MEMBERS: usize = 32;
const MAX_POINTS: usize = 5;
const MAX_OBJECTIVES: usize = 4;
const MAX_DIGEST: usize = 71;
const MAX_PATH: usize = 1024;
const MAX_IMAGE: usize = 512;
const MAX_HISTORY: usize = 20;

/// The newest that is known of each.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    pub generation: Option<i32>,
    pub evaluations: Option<Evaluations>,
    pub best: Option<Best>,
    pub front: Option<FrontStatus>,
    pub history: Vec<GenerationStatus>,
    /// Of generations alone.
    pub worker_seconds: Option<f64>,
    pub results: Option<Results>,
    pub validation: Option<Verdict>,
    /// Of the verdict, if it is told now; the status has it in a condition.
    pub sentence: Option<String>,
    provenance: Provenance,
}

impl Known {
    pub fn gather(
        before: &EvolutionJobStatus,
        report: Option<&Report>,
        last_words: Option<&Report>,
    ) -> Known {
        let mut known = Known {
            generation: before.generation,
            evaluations: before.evaluations.clone(),
            best: before.best.clone(),
            front: before.front.clone(),
            history: before.history.clone(),
            worker_seconds: None,
            results: before.results.clone(),
            validation: before.validation.clone(),
            sentence: None,
            provenance: before.provenance.clone().unwrap_or_default(),
        };
        let is_final = report.is_some_and(|report| report.r#final.is_some());
        let last_words = last_words.filter(|_| !is_final);
        if let Some(report) = report {
            known.hear(report, last_words.is_some());
        }
        if let Some(words) = last_words {
            known.hear(words, false);
        }
        known
    }

    /// Whether a dataset is known to be published.
    pub fn data_published(&self) -> bool {
        self.provenance.dataset_digest.is_some()
    }

    /// A job that is not at its end has no result, whatever it had before it was extended.
    pub fn provenance(&self, image: Option<&str>, situation: &Situation) -> Provenance {
        let known = self.provenance.clone();
        let image = known.image.or_else(|| image.map(|image| cut(image, MAX_IMAGE)));
        let result_digest = known.result_digest.filter(|_| situation.is_terminal());
        let stopped_by = situation.stopped_by().map(|reason| cut(reason, MAX_NAME));
        Provenance { image, result_digest, stopped_by, ..known }
    }

    /// `outdated`: the same coordinator has said more since.
    fn hear(&mut self, report: &Report, outdated: bool) {
        let provenance = report.provenance.clone().unwrap_or_default();
        let is_final = report.r#final.is_some();
        // A coordinator that has not read its checkpoint yet knows less than the status does.
        let resumed = !provenance.generation_digest.is_empty() || (is_final && report.generation > 0);
        let behind = !resumed && (outdated || Some(small(report.generation)) < self.generation);
        if !behind {
            self.generation = Some(small(report.generation));
            self.evaluations = self.evaluations(report);
            let told = report.workers.map(|workers| workers.worker_seconds);
            self.worker_seconds = told.or(self.worker_seconds);
            self.front = report.front.as_ref().map(front).or(self.front.take());
            if !is_final || !report.history.is_empty() {
                self.history = history(&report.history);
            }
        }
        if let Some(best) = report.best.as_ref() {
            self.best(best, is_final);
        }
        digest(&mut self.provenance.inputs_digest, &provenance.inputs_digest);
        digest(&mut self.provenance.dataset_digest, &provenance.dataset_digest);
        digest(&mut self.provenance.generation_digest, &provenance.generation_digest);
        if provenance.engine > 0 {
            self.provenance.engine = Some(small(provenance.engine));
            self.provenance.reproducible = Some(provenance.reproducible);
        }
        if let Some(end) =
            report.r#final.as_ref().filter(|end| matches!(JobEnd::from_report(end), JobEnd::Succeeded { .. }))
        {
            digest(&mut self.provenance.result_digest, &end.result_digest);
            self.results(&end.result_path);
            if let Some((verdict, sentence)) = end.validation.as_ref().map(told::heard) {
                (self.validation, self.sentence) = (Some(verdict), Some(sentence));
            }
        }
    }

    /// Last words tell no rate: the one before stays.
    fn evaluations(&self, report: &Report) -> Option<Evaluations> {
        let before = self.evaluations.clone();
        let Some(mut told) = report.evaluations.as_ref().map(evaluations) else { return before };
        if report.r#final.is_some() && told.per_second == Some(0.0) {
            told.per_second = before.and_then(|e| e.per_second);
        }
        Some(told)
    }

    /// A final report that came as last words leaves out what did not fit: of the same individual, that was known before.
    fn best(&mut self, told: &wire::Best, is_final: bool) {
        let mut best = best_of(told);
        let before = self.best.take().filter(|b| b.strategy == best.strategy && b.fitness == best.fitness);
        if let Some(before) = before.filter(|_| is_final) {
            if best.genome.is_empty() {
                best.genome = before.genome;
            }
            if best.metrics.is_empty() {
                best.metrics = before.metrics;
            }
            best.holdout = best.holdout.or(before.holdout);
        }
        self.best = Some(best);
    }

    fn results(&mut self, path: &str) {
        if !path.is_empty() {
            self.results = Some(Results { path: cut(path, MAX_PATH) });
        }
    }
}

fn best_of(best: &wire::Best) -> Best {
    let holdout = values(best.holdout.iter(), MAX_MEMBERS);
    Best {
        strategy: cut(&best.strategy, MAX_NAME),
        genome: genome(best.genome.iter().map(|gene| (&gene.name, &gene.value))),
        fitness: finite(best.fitness),
        rounded: None,
        metrics: values(best.metrics.iter(), MAX_MEMBERS),
        holdout: (!holdout.is_empty()).then_some(holdout),
    }
}

fn front(front: &wire::Front) -> FrontStatus {
    let point = |point: &wire::NamedPoint| NamedPoint {
        name: cut(&point.name, MAX_NAME),
        strategy: cut(&point.strategy, MAX_NAME),
        genome: genome(point.genome.iter().map(|gene| (&gene.name, &gene.value))),
        values: values(point.values.iter(), MAX_OBJECTIVES),
    };
    FrontStatus {
        count: small(front.count),
        hypervolume: finite(front.hypervolume),
        points: front.points.iter().take(MAX_POINTS).map(point).collect(),
    }
}

fn evaluations(counts: &wire::Evaluations) -> Evaluations {
    Evaluations {
        completed: large(counts.completed),
        distinct: large(counts.distinct),
        cached: large(counts.cached),
        failed: large(counts.failed),
        quarantined: large(counts.quarantined),
        per_second: finite(counts.per_second).map(three_digits),
    }
}

fn history(generations: &[wire::Generation]) -> Vec<GenerationStatus> {
    let skipped = generations.len().saturating_sub(MAX_HISTORY);
    generations
        .iter()
        .skip(skipped)
        .map(|g| GenerationStatus {
            // The wire counts from 0.
            generation: small(g.generation.saturating_add(1)),
            best: g.best.and_then(finite),
            median: g.median.and_then(finite),
            spread: g.spread.and_then(finite),
            diversity: finite(g.diversity),
            seconds: finite(g.seconds).map(three_digits),
            front: g.front.map(small),
            hypervolume: g.hypervolume.and_then(finite),
        })
        .collect()
}

fn genome<'a>(genes: impl Iterator<Item = (&'a String, &'a String)>) -> BTreeMap<String, GeneValue> {
    genes
        .filter(|(name, _)| name.len() <= MAX_NAME)
        .filter_map(|(name, value)| Some((name.clone(), value.parse().ok()?)))
        .take(MAX_MEMBERS)
        .collect()
}

fn values<'a>(values: impl Iterator<Item = (&'a String, &'a f64)>, most: usize) -> BTreeMap<String, f64> {
    // Sorted before anything is left out: the wire's map has no order.
    let sorted: BTreeMap<&String, f64> = values
        .filter(|(name, _)| name.len() <= MAX_NAME)
        .filter_map(|(n, &v)| Some((n, finite(v)?)))
        .collect();
    sorted.into_iter().take(most).map(|(name, value)| (name.clone(), value)).collect()
}

/// JSON has no other numbers.
fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

/// Times and rates are measurements: more digits would only make every report news.
fn three_digits(value: f64) -> f64 {
    let rounded = format!("{value:.2e}").parse::<f64>().unwrap_or(value);
    if rounded.is_finite() { rounded } else { value }
}

/// Empty means: not said.
fn digest(known: &mut Option<String>, heard: &str) {
    if !heard.is_empty() && heard.len() <= MAX_DIGEST {
        *known = Some(heard.to_owned());
    }
}

/// The beginning of a text, in characters, as a schema counts them.
fn cut(text: &str, characters: usize) -> String {
    text.chars().take(characters).collect()
}
