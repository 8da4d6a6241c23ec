//! What objectives and limits are about: a metric, or an expression over metrics.

use std::collections::BTreeSet;

use galapagos_crds::catalogue::Catalogue;
use galapagos_crds::conditions::StalledReason;
use galapagos_crds::{EvolutionJobSpec, Limit, Objective};
use galapagos_genetics::MOST_OBJECTIVES;
use galapagos_rules::Scalar;

use crate::finding::Finding;
use crate::own;
use crate::suggest::meant_or_all;

/// What one objective or limit is about.
#[derive(Clone, Debug, PartialEq)]
pub enum Measure {
    /// A metric, by its name.
    Metric(String),
    /// A number of one's own.
    Own {
        /// What results call it.
        name: String,
        /// How it is computed of metrics.
        value: Box<Scalar>,
    },
}

impl Measure {
    /// Its name in results.
    pub fn name(&self) -> &str {
        match self {
            Measure::Metric(name) | Measure::Own { name, .. } => name,
        }
    }
}

/// An objective or a limit, as far as it says what it is about.
#[derive(Clone, Copy)]
struct Given<'a> {
    metric: Option<&'a str>,
    name: Option<&'a str>,
    expression: Option<&'a str>,
}

/// What a status calls the point of a front that it names first; the others are called as their objectives.
const KNEE: &str = "knee";

/// Objectives and limits, with what is wrong with them.
pub(crate) fn checked(spec: &EvolutionJobSpec, catalogue: &Catalogue, findings: &mut Vec<Finding>) {
    if !(1..=MOST_OBJECTIVES).contains(&spec.objectives.len()) {
        findings.push(Finding::invalid("spec.objectives", "must have between 1 and 4 items"));
    }
    for (i, objective) in spec.objectives.iter().enumerate().filter(|(_, o)| o.metric.is_some()) {
        if spec.objectives[..i].iter().any(|earlier| earlier.metric == objective.metric) {
            let path = format!("spec.objectives[{i}].metric");
            let text =
                format!("{:?} is an objective already", objective.metric.as_deref().unwrap_or_default());
            findings.push(Finding::invalid(path, text).advise("name each metric once"));
        }
    }
    let several = spec.objectives.len() > 1;
    let breeding = [
        ("referencePoint", spec.breeding.reference_point.as_ref().map(Vec::len)),
        ("choose", spec.breeding.choose.map(|_| spec.objectives.len())),
    ];
    for (field, values) in breeding.into_iter().filter_map(|(field, values)| Some((field, values?))) {
        let path = format!("spec.breeding.{field}");
        if !several {
            let advice = "name more than one objective, or leave it out";
            findings.push(Finding::invalid(path, "belongs to several objectives").advise(advice));
        } else if values != spec.objectives.len() {
            let text = format!("has {values} values for {} objectives", spec.objectives.len());
            findings.push(Finding::invalid(path, text).advise("give a value for each, in their order"));
        }
    }
    for (i, _) in
        spec.objectives.iter().enumerate().filter(|(_, o)| several && o.name.as_deref() == Some(KNEE))
    {
        let text = format!(
            "{KNEE:?} is what the status calls the middle of the front, not the best of an objective"
        );
        let path = format!("spec.objectives[{i}].name");
        findings.push(Finding::misleading(path, text).advise("give the objective another name"));
    }
    let mut names = BTreeSet::new();
    let objectives = spec.objectives.iter().map(given_objective).enumerate();
    let objectives = objectives.map(|(i, given)| (format!("spec.objectives[{i}]"), given));
    let limits = spec.limits.iter().map(given_limit).enumerate();
    let limits = limits.map(|(i, given)| (format!("spec.limits[{i}]"), given));
    for (path, given) in objectives.chain(limits) {
        match measure(&path, given, catalogue) {
            Err(finding) => findings.push(finding),
            Ok(Measure::Own { name, .. }) if !names.insert(name.clone()) => {
                let text = format!("{name:?} is the name of another expression");
                findings
                    .push(Finding::invalid(format!("{path}.name"), text).advise("give one of them another"));
            }
            Ok(_) => {}
        }
    }
}

fn given_objective(objective: &Objective) -> Given<'_> {
    let Objective { metric, name, expression, .. } = objective;
    Given { metric: metric.as_deref(), name: name.as_deref(), expression: expression.as_deref() }
}

fn given_limit(limit: &Limit) -> Given<'_> {
    let Limit { metric, name, expression, .. } = limit;
    Given { metric: metric.as_deref(), name: name.as_deref(), expression: expression.as_deref() }
}

/// What the objectives are about, in their order.
///
/// # Errors
/// The first that is wrong.
pub fn objectives(spec: &EvolutionJobSpec, catalogue: &Catalogue) -> Result<Vec<Measure>, Finding> {
    let each = spec.objectives.iter().enumerate();
    each.map(|(i, o)| measure(&format!("spec.objectives[{i}]"), given_objective(o), catalogue)).collect()
}

/// What the limits are about, in their order.
///
/// # Errors
/// The first that is wrong.
pub fn limits(spec: &EvolutionJobSpec, catalogue: &Catalogue) -> Result<Vec<Measure>, Finding> {
    let each = spec.limits.iter().enumerate();
    each.map(|(i, l)| measure(&format!("spec.limits[{i}]"), given_limit(l), catalogue)).collect()
}

fn measure(path: &str, given: Given<'_>, catalogue: &Catalogue) -> Result<Measure, Finding> {
    let metrics: Vec<&str> = catalogue.metrics.iter().map(String::as_str).collect();
    match (given.metric, given.name, given.expression) {
        (Some(metric), None, None) if metrics.is_empty() || metrics.contains(&metric) => {
            Ok(Measure::Metric(metric.to_owned()))
        }
        (Some(metric), None, None) => Err(unknown_metric(format!("{path}.metric"), metric, &metrics)),
        (None, Some(name), Some(_)) if metrics.contains(&name) => {
            let text = format!("{name:?} is the name of a metric");
            Err(Finding::invalid(format!("{path}.name"), text)
                .advise("give the expression a name of its own"))
        }
        (None, Some(name), Some(text)) => {
            let fault = |error| {
                let finding = own::finding(&format!("{path}.expression"), error);
                finding.reason(StalledReason::InvalidSpec)
            };
            let value = Scalar::new(text, "metric", &metrics).map_err(|error| fault(*error))?;
            Ok(Measure::Own { name: name.to_owned(), value: Box::new(value) })
        }
        _ => {
            let text = "names neither a metric alone nor an expression with its name";
            let advice = "write metric: sharpe, or name: score and expression: sharpe - max_drawdown";
            Err(Finding::invalid(path, text).advise(advice))
        }
    }
}

/// What is said of a metric that does not exist.
fn unknown_metric(path: String, name: &str, known: &[&str]) -> Finding {
    let advice = meant_or_all(name, known.iter().copied(), "the metrics are");
    Finding::invalid(path, format!("unknown metric {name:?}")).advise(advice)
}
