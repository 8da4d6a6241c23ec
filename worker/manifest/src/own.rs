//! Strategies that a manifest writes itself: their rules checked, and what the catalogue would say of them
//! (`docs/contract/rules.md`).

use galapagos_crds::catalogue::{
    Catalogue, ConstraintEntry, GeneEntry, GeneKind, Needs, PathEntry, RangeEntry, StrategyEntry,
};
use galapagos_crds::conditions::StalledReason;
use galapagos_crds::{Decimal, GeneSpec, GeneValue, RulesSpec, Scale, SignalsSpec, StrategySpec, signals};
use galapagos_rules::{Domain, Error, GUARDS, Market, Order, Strategy, Timeframe, Values};
use serde_json::{Value, json};
use std::borrow::Cow;

use crate::finding::Finding;

/// A strategy of one's own, checked.
#[derive(Clone, Debug)]
pub(crate) struct Own {
    /// Its rules.
    pub rules: Strategy,
    /// What the catalogue would say of it.
    pub entry: StrategyEntry,
    /// The entry of the manifest with every default of its genes written out.
    pub spec: StrategySpec,
}

/// The strategy whose entry in the manifest is at `path`, or everything that is wrong with its name and rules.
pub(crate) fn own(
    path: &str,
    spec: &StrategySpec,
    market: &Market,
    catalogue: &Catalogue,
) -> Result<Own, Vec<Finding>> {
    if let Some(named) = catalogue.strategy(&spec.name) {
        let text = format!("{:?} is the name of a built-in strategy", named.strategy.name);
        let finding = Finding::invalid(format!("{path}.name"), text)
            .reason(StalledReason::InvalidStrategy)
            .advise("give a strategy of your own another name");
        return Err(vec![finding]);
    }
    let market =
        Market { signals: spec.signals.as_ref().map(|given| signals(spec, given)), ..market.clone() };
    let rules = rules(path, spec)?;
    let document = document(spec, &rules);
    let strategy = galapagos_rules::read(&document)
        .and_then(|document| galapagos_rules::check(&document, &market))
        .map_err(|errors| errors.into_iter().map(|e| finding(path, e)).collect::<Vec<_>>())?;
    let genes: Vec<GeneSpec> =
        spec.genes.iter().map(|gene| written_out(gene, strategy.genes.get(&gene.name))).collect();
    let spec = StrategySpec { genes, ..spec.clone() };
    Ok(Own { entry: entry(&strategy, &spec), rules: strategy, spec })
}

/// What is known of the data before they are read.
pub(crate) fn market(interval: &str) -> Market {
    let unit = interval.chars().last().filter(|unit| "mhd".contains(*unit));
    let count = interval.get(..interval.len().saturating_sub(1)).and_then(|digits| digits.parse().ok());
    let interval = unit.zip(count).map(|(unit, count)| Timeframe { count, unit }.seconds());
    Market { interval, ..Market::default() }
}

/// An error of the language at its place in the manifest.
pub(crate) fn finding(path: &str, error: Error) -> Finding {
    let Error { path: inner, column, length, message, expected, nearest, .. } = error;
    let path = if inner.is_empty() { path.to_owned() } else { format!("{path}.{inner}") };
    let expected = expected.map(|e| format!("expected {e}"));
    let nearest = nearest.map(|n| format!("did you mean {n:?}?"));
    let advice: Vec<String> = expected.into_iter().chain(nearest).collect();
    let finding = Finding::invalid(path, message).reason(StalledReason::InvalidStrategy).at(column, length);
    if advice.is_empty() { finding } else { finding.advise(advice.join("; ")) }
}

/// What a strategy does: its rules, or those that its file of signals stands for.
fn rules<'a>(path: &str, spec: &'a StrategySpec) -> Result<Cow<'a, RulesSpec>, Vec<Finding>> {
    if let Some(rules) = &spec.rules {
        return Ok(Cow::Borrowed(rules));
    }
    if let Some(signals) = &spec.signals {
        // Only the file can tell; it is read before anything runs.
        let untold = signals.file.is_some() && signals.columns.is_empty();
        let columns = if untold { vec![signals::TARGET.to_owned()] } else { signals.columns.clone() };
        if let Some(rules) = (SignalsSpec { columns, ..signals.clone() }).rules() {
            return Ok(Cow::Owned(rules));
        }
    }
    let (target, conditions) = (signals::TARGET, signals::CONDITIONS.join(", "));
    let advice = format!(
        "without rules the columns are {target}, or some of {conditions}, an entry among them; else write rules that read \
         the columns by name"
    );
    let text = "the file does not say by itself what is traded";
    let finding = Finding::invalid(format!("{path}.signals.columns"), text);
    Err(vec![finding.reason(StalledReason::InvalidStrategy).advise(advice)])
}

/// What is known of the file of a strategy.
fn signals(spec: &StrategySpec, given: &SignalsSpec) -> galapagos_rules::Signals {
    let name = given.name.clone().unwrap_or_else(|| spec.name.clone());
    let columns = (!given.columns.is_empty()).then(|| given.columns.clone());
    galapagos_rules::Signals { name, columns }
}

/// The document that the language reads.
fn document(spec: &StrategySpec, rules: &RulesSpec) -> Value {
    // When a gene counts is a matter of the search: the language knows of values alone.
    let genes: Vec<GeneSpec> =
        spec.genes.iter().map(|gene| GeneSpec { when: None, ..gene.clone() }).collect();
    // Both are maps, lists and texts: there is nothing that JSON could not hold.
    let json = |value: Result<Value, serde_json::Error>| value.unwrap_or_default();
    json!({
        "name": spec.name,
        "genes": json(serde_json::to_value(&genes)),
        "rules": json(serde_json::to_value(rules)),
    })
}

fn is_evenly_spaced(gene: &GeneSpec) -> bool {
    gene.min.is_some() && gene.scale != Some(Scale::Log)
}

/// The gene with its step and its default.
fn written_out(gene: &GeneSpec, domain: Option<&Domain>) -> GeneSpec {
    let mut gene = gene.clone();
    if is_evenly_spaced(&gene) {
        gene.step = gene.step.or(Some(Decimal::ONE));
    }
    gene.default = domain.and_then(|domain| domain.default.parse().ok()).or(gene.default);
    gene
}

fn entry(strategy: &Strategy, spec: &StrategySpec) -> StrategyEntry {
    let own = spec.genes.iter().filter(|gene| !GUARDS.contains(&gene.name.as_str()));
    let order: Vec<ConstraintEntry> = strategy.order.iter().map(constraint).collect();
    // What a later one of several moves, an earlier one may have to mend (D1).
    let rounds = if order.len() > 1 { 2 } else { 1 };
    StrategyEntry {
        name: spec.name.clone(),
        aliases: Vec::new(),
        summary: "A strategy of the manifest.".to_owned(),
        rule: String::new(),
        genes: own.filter_map(|gene| Some(gene_entry(gene, strategy.genes.get(&gene.name)?))).collect(),
        constraints: (0..rounds).flat_map(|_| order.iter().cloned()).collect(),
        path: PathEntry::Batch,
        needs: Needs { funding: false, volume: strategy.volumes().contains(&None) },
        trains: false,
    }
}

fn gene_entry(gene: &GeneSpec, domain: &Domain) -> GeneEntry {
    let (kind, range) = match &domain.values {
        Values::Words(words) => (GeneKind::Categorical, RangeEntry::Categories(words.clone())),
        Values::Numbers { integer, .. } => {
            (if *integer { GeneKind::Integer } else { GeneKind::Real }, numbers(gene))
        }
    };
    GeneEntry {
        name: gene.name.clone(),
        aliases: Vec::new(),
        kind,
        range,
        default: gene.default.clone().unwrap_or(GeneValue::Number(Decimal::ZERO)),
        hard: None,
        unit: None,
        help: String::new(),
    }
}

fn numbers(gene: &GeneSpec) -> RangeEntry {
    let listed = gene.values.iter().flatten().chain(&gene.value).filter_map(|value| match value {
        GeneValue::Number(number) => Some(*number),
        GeneValue::Name(_) => None,
    });
    match (gene.min, gene.max, gene.steps) {
        (Some(min), Some(max), Some(steps)) => RangeEntry::Log { min, max, steps },
        (Some(min), Some(max), None) => {
            RangeEntry::Linear { min, max, step: gene.step.unwrap_or(Decimal::ONE) }
        }
        _ => {
            let mut listed: Vec<Decimal> = listed.collect();
            listed.sort_unstable();
            RangeEntry::Values(listed)
        }
    }
}

fn constraint(order: &Order) -> ConstraintEntry {
    let Order { left, right, strict, less } = order.clone();
    if strict {
        return ConstraintEntry::Ordered { low: left, high: right };
    }
    // A literal has at most 18 digits, so it is one.
    let margin = Decimal::new(i64::try_from(less).unwrap_or(i64::MAX), 0);
    ConstraintEntry::Capped { gene: left, cap: right, margin, when: None }
}
