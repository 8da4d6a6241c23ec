//! All findings on a job.

use std::borrow::Cow;

use galapagos_crds::catalogue::Catalogue;
use galapagos_crds::execution::Fill;
use galapagos_crds::{EvolutionJob, EvolutionJobSpec, Searcher, StrategySpec};

use crate::finding::Finding;
use crate::space::{SearchSpace, build, build_own, unknown_strategy};
use crate::suggest::meant_or_all;
use crate::{cells, dates, execution, initial, measures, own, source, validation, walk_forward};

/// Points of a space that the searcher Grid goes through under conditions, most of which may break one.
const MOST_POINTS: u128 = 1 << 24;

/// Everything that is wrong with a job by a catalogue, in the order of the manifest's parts: dates and source, strategies with their
/// genes, individuals to start with, metrics, the account, walk-forward. A part of the catalogue that is empty is not used.
pub fn check(job: &EvolutionJob, catalogue: &Catalogue) -> Vec<Finding> {
    let spec = &job.spec;
    let mut findings = Vec::new();
    dates::checked(&spec.market_data, &mut findings);
    source::checked(&spec.market_data, &mut findings);
    if !catalogue.strategies.is_empty() {
        let spaces = strategies(spec, catalogue, &mut findings);
        individuals(spec, catalogue, &spaces, &mut findings);
    }
    measures::checked(spec, catalogue, &mut findings);
    cells::checked(spec, catalogue, &mut findings);
    execution::checked(&spec.execution, &mut findings);
    validation::checked(&spec.validation, &mut findings);
    walk_forward::checked(&spec.validation, &mut findings);
    findings
}

/// Everything that is wrong with a strategy of one's own that stands alone, by paths from there. `interval` is that of the
/// bars, if it is known.
pub fn check_strategy(
    strategy: &StrategySpec,
    interval: Option<&str>,
    catalogue: &Catalogue,
) -> Vec<Finding> {
    let market = interval.map(own::market).unwrap_or_default();
    let mut findings = Vec::new();
    match own::own("", strategy, &market, catalogue) {
        Ok(own) => drop(build_own("", &own, catalogue, &mut findings)),
        Err(wrong) => findings.extend(wrong),
    }
    let from_here = |f: Finding| Finding { path: f.path.trim_start_matches('.').to_owned(), ..f };
    findings.into_iter().map(from_here).collect()
}

/// The name of a strategy that is given by it or by an alias.
fn canonical<'a>(name: &'a str, catalogue: &'a Catalogue) -> &'a str {
    catalogue.strategy(name).map_or(name, |named| &named.strategy.name)
}

/// The spaces that can be made, by the names of their strategies.
fn strategies<'a>(
    spec: &EvolutionJobSpec,
    catalogue: &'a Catalogue,
    findings: &mut Vec<Finding>,
) -> Vec<(String, Option<SearchSpace<'a>>)> {
    let mut out: Vec<(String, Option<SearchSpace<'_>>)> = Vec::new();
    let market = own::market(&spec.market_data.interval);
    if spec.strategies.is_empty() {
        findings.push(Finding::invalid("spec.strategies", "must name at least one strategy"));
    }
    for (i, given) in spec.strategies.iter().enumerate() {
        let path = format!("spec.strategies[{i}]");
        let name_path = format!("{path}.name");
        if given.is_own() {
            if out.iter().any(|(other, _)| *other == given.name) {
                let text = format!("strategy {:?} is listed twice", given.name);
                findings.push(Finding::invalid(name_path, text).advise("give one of them another name"));
                continue;
            }
            let space = match own::own(&path, given, &market, catalogue) {
                Ok(own) => {
                    let objection = own.rules.same_close_objection();
                    let objection = objection.filter(|_| spec.execution.fill == Fill::SameClose);
                    findings.extend(objection.map(|error| own::finding(&path, error)));
                    build_own(&path, &own, catalogue, findings)
                }
                Err(wrong) => {
                    findings.extend(wrong);
                    None
                }
            };
            out.push((given.name.clone(), space));
            continue;
        }
        let Some(named) = catalogue.strategy(&given.name) else {
            findings.push(unknown_strategy(name_path, &given.name, catalogue));
            continue;
        };
        let name = named.strategy.name.as_str();
        if out.iter().any(|(other, _)| other == name) {
            let text = format!("strategy {name:?} is listed twice (aliases count)");
            findings.push(Finding::invalid(name_path, text).advise("keep one of them"));
            continue;
        }
        if named.strategy.needs.funding && spec.execution.funding.none.is_some() {
            let text = format!("strategy {:?} needs funding", given.name);
            let advice = "set execution.funding to {series: {}} or {constant: {rate, intervalHours}}";
            findings.push(Finding::misleading(name_path, text).advise(advice));
        }
        let strategy = Cow::Borrowed(named.strategy);
        let space = build(&path, given, strategy, named.alias, &[], catalogue, findings);
        out.push((name.to_owned(), space));
    }
    if spec.searcher == Searcher::Grid {
        for (i, given) in spec.strategies.iter().enumerate() {
            let space = out.iter().find(|(name, _)| canonical(&given.name, catalogue) == name);
            let space = space.and_then(|(_, space)| space.as_ref()).map(|space| &space.space);
            if space.is_some_and(|s| !s.conditions().is_empty() && s.points() > MOST_POINTS) {
                let path = format!("spec.strategies[{i}].constraints");
                let text = "the searcher Grid would look for what keeps them among more than 16777216 points";
                let advice = "take another searcher, fewer values, or orders of two genes alone";
                findings.push(Finding::invalid(path, text).advise(advice));
            }
        }
    }
    out
}

fn individuals(
    spec: &EvolutionJobSpec,
    catalogue: &Catalogue,
    spaces: &[(String, Option<SearchSpace<'_>>)],
    findings: &mut Vec<Finding>,
) {
    for (i, individual) in spec.population.initial.iter().enumerate() {
        let path = format!("spec.population.initial[{i}]");
        let name = &individual.strategy;
        let found = catalogue.strategy(name);
        let canonical = found.map_or(name, |n| &n.strategy.name);
        let species = spaces.iter().find(|(name, _)| name == canonical);
        let genome = format!("{path}.genome");
        match (found, species) {
            (_, Some((_, Some(space)))) => {
                initial::indices(&genome, space, &individual.genome, findings);
            }
            (Some(found), Some((_, None))) => {
                initial::known(&genome, found.strategy, catalogue, &individual.genome, findings);
            }
            // An unknown strategy of the job has its finding already, as one has whose rules are wrong.
            _ if spec.strategies.iter().any(|s| s.name == *name) => {}
            _ => {
                let own = spec.strategies.iter().map(|s| s.name.as_str());
                let text = format!("strategy {name:?} is not one of the job's strategies");
                findings.push(
                    Finding::invalid(format!("{path}.strategy"), text)
                        .advise(meant_or_all(name, own, "they are")),
                );
            }
        }
    }
}
