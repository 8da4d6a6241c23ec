//! How large a report may be. The coordinator keeps to it when it sends, and the operator, which listens to coordinators
//! of any image, makes sure when it hears.

use std::collections::HashMap;

use prost::Message;

use crate::progress::{Best, Gene, Report, Validation};

/// Largest report in bytes.
pub const MAX_REPORT: usize = 64 * 1024;
/// Bytes of a text for people: a message, a problem, a path with what is wrong with it.
pub const MAX_TEXT: usize = 1024;
/// Bytes of a path, and of a digest.
const MAX_PATH: usize = 1024;
const MAX_DIGEST: usize = 128;
/// Bytes of the name of a strategy, a gene or a metric, and of a gene's value.
const MAX_NAME: usize = 128;
/// Genes of a genome, and metrics.
const MAX_MEMBERS: usize = 64;
/// Generations of the history, the newest.
const MAX_HISTORY: usize = 20;
/// Individuals of a front that are named: the knee, and the best of each of four objectives.
const MAX_POINTS: usize = 5;
/// Gates that a verdict names.
const MAX_GATES: usize = 16;
/// Individuals set aside, the newest, and damaged checkpoints.
const MAX_LISTED: usize = 10;

/// The report within its bounds: lists without what is oldest in them, texts cut. One that keeps to them is not changed.
pub fn bounded(mut report: Report) -> Report {
    newest(&mut report.history, MAX_HISTORY);
    newest(&mut report.quarantined, MAX_LISTED);
    report.fallbacks.truncate(MAX_LISTED);
    report.fallbacks.shrink_to_fit();
    report.fallbacks.iter_mut().for_each(|text| cut(text, MAX_TEXT));
    cut(&mut report.message, MAX_TEXT);
    if let Some(best) = &mut report.best {
        individual(best);
    }
    if let Some(front) = &mut report.front {
        front.points.truncate(MAX_POINTS);
        front.points.shrink_to_fit();
        for point in &mut front.points {
            cut(&mut point.name, MAX_NAME);
            cut(&mut point.strategy, MAX_NAME);
            genome(&mut point.genome);
            numbers(&mut point.values);
        }
    }
    for aside in &mut report.quarantined {
        cut(&mut aside.strategy, MAX_NAME);
        genome(&mut aside.genome);
        cut(&mut aside.problem, MAX_TEXT);
    }
    if let Some(provenance) = &mut report.provenance {
        cut(&mut provenance.inputs_digest, MAX_DIGEST);
        cut(&mut provenance.dataset_digest, MAX_DIGEST);
        cut(&mut provenance.generation_digest, MAX_DIGEST);
    }
    if let Some(end) = &mut report.r#final {
        cut(&mut end.reason, MAX_NAME);
        cut(&mut end.result_digest, MAX_DIGEST);
        cut(&mut end.result_path, MAX_PATH);
        cut(&mut end.message, MAX_TEXT);
        if let Some(validation) = &mut end.validation {
            verdict(validation);
        }
    }
    // Ten individuals with many long genes: each of them is in the run folder as well.
    while report.encoded_len() > MAX_REPORT && !report.quarantined.is_empty() {
        report.quarantined.remove(0);
    }
    // So do those of a front; the result has all of it.
    while report.encoded_len() > MAX_REPORT
        && let Some(front) = report.front.as_mut().filter(|front| !front.points.is_empty())
    {
        front.points.pop();
    }
    report
}

fn individual(best: &mut Best) {
    cut(&mut best.strategy, MAX_NAME);
    genome(&mut best.genome);
    numbers(&mut best.metrics);
    numbers(&mut best.holdout);
}

fn verdict(validation: &mut Validation) {
    cut(&mut validation.validated, MAX_NAME);
    cut(&mut validation.reason, MAX_NAME);
    cut(&mut validation.summary, MAX_TEXT);
    validation.failed.truncate(MAX_GATES);
    validation.failed.shrink_to_fit();
    validation.failed.iter_mut().for_each(|name| cut(name, MAX_NAME));
}

fn genome(genes: &mut Vec<Gene>) {
    genes.truncate(MAX_MEMBERS);
    // What was left out must not keep its memory.
    genes.shrink_to_fit();
    for gene in genes {
        cut(&mut gene.name, MAX_NAME);
        cut(&mut gene.value, MAX_NAME);
    }
}

/// The first by name: a map has no order of its own.
fn numbers(values: &mut HashMap<String, f64>) {
    values.retain(|name, _| name.len() <= MAX_NAME);
    if values.len() > MAX_MEMBERS {
        let mut sorted: Vec<_> = values.drain().collect();
        sorted.sort_by(|a, b| a.0.cmp(&b.0));
        sorted.truncate(MAX_MEMBERS);
        *values = sorted.into_iter().collect();
    }
    values.shrink_to_fit();
}

fn newest<T>(items: &mut Vec<T>, most: usize) {
    items.drain(..items.len().saturating_sub(most));
    items.shrink_to_fit();
}

fn cut(text: &mut String, most: usize) {
    if text.len() > most {
        text.truncate(text.floor_char_boundary(most));
        text.shrink_to_fit();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::{Evaluations, Final, Front, Generation, NamedPoint, Provenance, Quarantined};

    fn gene(size: usize) -> Gene {
        Gene { name: "n".repeat(size), value: "é".repeat(size) }
    }

    /// Everything in it is as large as `count` and `size` say.
    fn report(count: usize, size: usize) -> Report {
        let text = || "é".repeat(size / 2);
        let numbers =
            || (0..count).map(|i| (format!("{i}{}", "m".repeat(size)), 1.0)).collect::<HashMap<_, _>>();
        let genome = || vec![gene(size); count];
        let aside = |i: usize| Quarantined { strategy: i.to_string(), genome: genome(), problem: text() };
        Report {
            sequence: 7,
            evaluations: Some(Evaluations { completed: 5, ..Evaluations::default() }),
            best: Some(Best {
                strategy: text(),
                genome: genome(),
                fitness: 1.5,
                metrics: numbers(),
                holdout: numbers(),
            }),
            history: (0..count as u32)
                .map(|generation| Generation { generation, ..Generation::default() })
                .collect(),
            front: Some(Front {
                count: 9,
                hypervolume: 0.5,
                points: (0..count.min(5 * count / 10))
                    .map(|_| NamedPoint {
                        name: text(),
                        strategy: text(),
                        genome: genome(),
                        values: numbers(),
                    })
                    .collect(),
            }),
            quarantined: (0..count).map(aside).collect(),
            fallbacks: (0..count).map(|i| format!("{i} {}", text())).collect(),
            message: text(),
            provenance: Some(Provenance { inputs_digest: text(), ..Provenance::default() }),
            r#final: Some(Final {
                reason: text(),
                result_path: text(),
                message: text(),
                validation: Some(Validation {
                    validated: text(),
                    reason: text(),
                    summary: text(),
                    failed: (0..count).map(|i| format!("{i} {}", text())).collect(),
                    ..Validation::default()
                }),
                ..Final::default()
            }),
            ..Report::default()
        }
    }

    #[test]
    fn a_report_of_any_size_is_cut_to_what_one_message_carries() {
        for (count, size) in [(1000, 40), (100, 4000), (10, 400_000)] {
            let cut = bounded(report(count, size));
            assert!(cut.encoded_len() <= MAX_REPORT, "{count} x {size}: {}", cut.encoded_len());
            assert_eq!((cut.sequence, cut.evaluations.unwrap().completed), (7, 5));
            assert!(cut.fallbacks.len() <= 10 && cut.fallbacks[0].starts_with("0 "));
            assert!(cut.message.len() <= MAX_TEXT && cut.message.starts_with('é'));
            let front = cut.front.unwrap();
            assert!(front.count == 9 && front.points.len() <= MAX_POINTS);
            let verdict = cut.r#final.unwrap().validation.unwrap();
            assert!(verdict.summary.len() <= MAX_TEXT && verdict.failed.len() <= 16);
            assert!(verdict.failed[0].starts_with("0 ") && verdict.failed[0].len() <= MAX_NAME);
            let last = cut.history.last().unwrap().generation as usize;
            assert_eq!(last, count - 1, "the newest generations stay");
        }
        let many = Report { fallbacks: vec![String::new(); 600_000], ..Report::default() };
        assert_eq!(bounded(many).fallbacks.len(), 10);
    }

    #[test]
    fn a_report_as_coordinators_send_them_stays_as_it_is() {
        let usual = report(10, 60);
        assert_eq!(bounded(usual.clone()), usual);
    }
}
