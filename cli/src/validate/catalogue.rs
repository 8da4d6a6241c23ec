//! Strategies, genes and metrics against the catalogue of the engine: what no schema can know.

use std::collections::BTreeSet;

use galapagos_crds::catalogue::{Catalogue, ConstraintEntry, GeneEntry, GeneKind, Named, RangeEntry};
use galapagos_crds::{EvolutionJob, GeneSpec, GeneValue, Scale, StrategySpec};
use rust_decimal::Decimal;

use super::suggest::did_you_mean;
use super::{Document, Problem};

/// Everything in a job that this version's engine does not know or cannot do.
pub fn check(document: &Document, job: &EvolutionJob, catalogue: &Catalogue) -> Vec<Problem> {
    let mut checker = Checker { document, catalogue, problems: Vec::new() };
    if !catalogue.strategies.is_empty() {
        for (i, strategy) in job.spec.strategies.iter().enumerate() {
            checker.strategy(&format!("spec.strategies[{i}]"), strategy, job);
        }
        for (i, initial) in job.spec.population.initial.iter().enumerate() {
            let Some(named) = catalogue.strategy(&initial.strategy) else { continue };
            for (gene, value) in &initial.genome {
                let path = format!("spec.population.initial[{i}].genome.{gene}");
                if let Some(entry) = checker.gene(&path, &path, gene, named) {
                    checker.gene_value(&path, entry, value);
                }
            }
        }
    }
    checker.metrics(job);
    checker.problems
}

struct Checker<'a> {
    document: &'a Document,
    catalogue: &'a Catalogue,
    problems: Vec<Problem>,
}

impl<'a> Checker<'a> {
    fn report(&mut self, path: &str, message: &str, suggestion: Option<String>) {
        let message = format!("{path}: Invalid value: {message}");
        self.problems.push(self.document.problem(self.document.position(path), path, message, suggestion));
    }

    fn metrics(&mut self, job: &EvolutionJob) {
        let known: Vec<_> = self.catalogue.metrics.iter().map(String::as_str).collect();
        if known.is_empty() {
            return;
        }
        let objectives =
            job.spec.objectives.iter().map(|o| &o.metric).enumerate().map(|(i, m)| ("objectives", i, m));
        let limits = job.spec.limits.iter().map(|l| &l.metric).enumerate().map(|(i, m)| ("limits", i, m));
        for (list, i, metric) in objectives.chain(limits) {
            if !known.contains(&metric.as_str()) {
                let suggestion = did_you_mean(metric, known.iter().copied());
                self.report(
                    &format!("spec.{list}[{i}].metric"),
                    &format!("unknown metric {metric:?}"),
                    suggestion,
                );
            }
        }
    }

    fn strategy(&mut self, path: &str, spec: &StrategySpec, job: &EvolutionJob) {
        let catalogue = self.catalogue;
        let Some(named) = catalogue.strategy(&spec.name) else {
            let names = catalogue.strategies.iter();
            let known = names
                .flat_map(|s| [s.name.as_str()].into_iter().chain(s.aliases.iter().map(|a| a.name.as_str())));
            let suggestion = did_you_mean(&spec.name, known)
                .or_else(|| Some("`galapagos strategies` lists all of them".to_owned()));
            return self.report(
                &format!("{path}.name"),
                &format!("unknown strategy {:?}", spec.name),
                suggestion,
            );
        };
        if named.strategy.needs.funding && job.spec.execution.funding.none.is_some() {
            let message = format!("strategy {:?} needs funding", spec.name);
            let suggestion =
                "set execution.funding to {series: {}} or {constant: {rate, intervalHours}}".to_owned();
            self.report(&format!("{path}.name"), &message, Some(suggestion));
        }
        let mut seen = BTreeSet::new();
        for (i, gene) in spec.genes.iter().enumerate() {
            let path = format!("{path}.genes[{i}]");
            let Some(entry) = self.gene(&path, &format!("{path}.name"), &gene.name, named) else { continue };
            if !seen.insert(&entry.name) {
                self.report(
                    &format!("{path}.name"),
                    &format!("the gene {:?} is given twice", entry.name),
                    None,
                );
            }
            self.range(&path, entry, gene);
        }
        self.constraints(path, spec, named);
    }

    /// The definition of a gene; reports an unknown one and one that the strategy's alias fixes.
    fn gene(&mut self, path: &str, name_path: &str, name: &str, named: Named<'a>) -> Option<&'a GeneEntry> {
        let Some(entry) = self.catalogue.gene(named.strategy, name) else {
            let known =
                named.strategy.genes.iter().chain(&self.catalogue.common_genes).map(|g| g.name.as_str());
            let list: Vec<_> = known.clone().collect();
            let suggestion =
                did_you_mean(name, known).unwrap_or_else(|| format!("it has {}", list.join(", ")));
            let message = format!("strategy {:?} has no gene {name:?}", named.strategy.name);
            self.report(name_path, &message, Some(suggestion));
            return None;
        };
        let alias = named.alias.filter(|a| a.fixed.iter().any(|(gene, _)| *gene == entry.name));
        if let Some(alias) = alias {
            let message =
                format!("{:?} is {:?} with the gene {name:?} fixed", alias.name, named.strategy.name);
            let suggestion = format!("name the strategy {:?} to set it", named.strategy.name);
            self.report(path, &message, Some(suggestion));
            return None;
        }
        Some(entry)
    }

    fn range(&mut self, path: &str, entry: &GeneEntry, gene: &GeneSpec) {
        let before = self.problems.len();
        if entry.kind == GeneKind::Categorical && (gene.min.is_some() || gene.max.is_some()) {
            let message = format!("gene {:?} is categorical: it has values, not min and max", entry.name);
            return self.report(&format!("{path}.min"), &message, Some(categories(entry)));
        }
        for (field, bound) in [("min", gene.min), ("max", gene.max)] {
            if let Some(bound) = bound {
                self.number(&format!("{path}.{field}"), entry, bound.to_decimal());
            }
        }
        for (i, value) in gene.values.iter().flatten().enumerate() {
            self.gene_value(&format!("{path}.values[{i}]"), entry, value);
        }
        if let Some(value) = &gene.value {
            self.gene_value(&format!("{path}.value"), entry, value);
        }
        if self.problems.len() > before {
            return;
        }
        self.list_order(path, gene);
        if let (Some(min), Some(max)) = (gene.min, gene.max) {
            match gene.scale {
                Some(Scale::Log) => {
                    self.log_grid(path, entry, min.to_decimal(), max.to_decimal(), gene.steps.unwrap_or(1));
                }
                _ => self.linear_grid(path, entry, gene, max.to_decimal() - min.to_decimal()),
            }
        }
    }

    fn list_order(&mut self, path: &str, gene: &GeneSpec) {
        let Some(values) = &gene.values else { return };
        let mut seen = BTreeSet::new();
        for (i, value) in values.iter().enumerate() {
            let path = format!("{path}.values[{i}]");
            if !seen.insert(value) {
                self.report(&path, &format!("{value} is listed twice"), None);
            } else if let (GeneValue::Number(v), Some(GeneValue::Number(w))) =
                (value, i.checked_sub(1).map(|j| &values[j]))
                && v < w
            {
                self.report(&path, &format!("{v} comes after {w}: list numbers in rising order"), None);
            }
        }
    }

    fn linear_grid(&mut self, path: &str, entry: &GeneEntry, gene: &GeneSpec, width: Decimal) {
        match (gene.step, &entry.range) {
            (Some(step), _) => {
                let step_path = format!("{path}.step");
                self.multiple(&step_path, entry, step.to_decimal());
                if step.to_decimal() > width {
                    self.report(&step_path, &format!("{step} is larger than max - min"), None);
                }
            }
            (None, RangeEntry::Linear { .. }) => {}
            (None, _) => {
                let message = format!("gene {:?} has no step of its own on a linear scale", entry.name);
                self.report(path, &message, Some("set step, or scale: Log and steps".to_owned()));
            }
        }
    }

    /// Values of a log grid are rounded to the gene's unit; two that fall together would waste evaluations and
    /// make the result depend on which one is meant.
    fn log_grid(&mut self, path: &str, entry: &GeneEntry, min: Decimal, max: Decimal, steps: u32) {
        let unit = match (entry.kind, entry.unit) {
            (GeneKind::Integer, _) => Decimal::ONE,
            (_, Some(unit)) => unit.to_decimal(),
            (_, None) => Decimal::new(1, 6),
        };
        for (field, bound) in [("min", min), ("max", max)] {
            if bound.checked_rem(unit).is_some_and(|rest| !rest.is_zero()) {
                self.report(
                    &format!("{path}.{field}"),
                    &format!("{bound} is not a multiple of {unit}"),
                    None,
                );
                return;
            }
        }
        let float = |d: Decimal| d.to_string().parse::<f64>().unwrap_or(f64::NAN);
        let (low, ratio) = (float(min) / float(unit), float(max) / float(min));
        let value = |k: u32| (low * ratio.powf(f64::from(k) / f64::from(steps)) + 0.5).floor();
        if let Some(k) = (0..steps).find(|&k| value(k) >= value(k + 1)) {
            let message = format!("steps {k} and {} both round to {} units of {unit}", k + 1, value(k));
            self.report(
                &format!("{path}.steps"),
                &message,
                Some("use fewer steps or a higher min".to_owned()),
            );
        }
    }

    fn gene_value(&mut self, path: &str, entry: &GeneEntry, value: &GeneValue) {
        match (entry.kind, value) {
            (GeneKind::Categorical, GeneValue::Name(name)) => {
                if let RangeEntry::Categories(known) = &entry.range
                    && !known.contains(name)
                {
                    let known = known.iter().map(String::as_str);
                    let suggestion = did_you_mean(name, known).unwrap_or_else(|| categories(entry));
                    self.report(
                        path,
                        &format!("gene {:?} has no value {name:?}", entry.name),
                        Some(suggestion),
                    );
                }
            }
            (GeneKind::Categorical, GeneValue::Number(n)) => {
                let message = format!("gene {:?} is categorical: {n} is none of its values", entry.name);
                self.report(path, &message, Some(categories(entry)));
            }
            (_, GeneValue::Number(n)) => self.number(path, entry, n.to_decimal()),
            (_, GeneValue::Name(name)) => {
                self.report(path, &format!("gene {:?} is a number, not {name:?}", entry.name), None);
            }
        }
    }

    fn number(&mut self, path: &str, entry: &GeneEntry, n: Decimal) {
        if entry.kind == GeneKind::Integer && !n.fract().is_zero() {
            return self.report(
                path,
                &format!("{n} is not a whole number, as gene {:?} needs", entry.name),
                None,
            );
        }
        if let Some((low, high)) = entry.hard
            && !(low.to_decimal()..=high.to_decimal()).contains(&n)
        {
            let message = format!("{n} is outside the bounds {low} to {high} of gene {:?}", entry.name);
            return self.report(path, &message, None);
        }
        self.multiple(path, entry, n);
    }

    fn multiple(&mut self, path: &str, entry: &GeneEntry, n: Decimal) {
        let unit = match entry.kind {
            GeneKind::Integer => Some(Decimal::ONE),
            _ => entry.unit.map(|u| u.to_decimal()),
        };
        if let Some(unit) = unit
            && n.checked_rem(unit).is_some_and(|rest| !rest.is_zero())
        {
            self.report(
                path,
                &format!("{n} is not a multiple of {unit}, the unit of gene {:?}", entry.name),
                None,
            );
        }
    }

    /// Pairs that can never be in order.
    fn constraints(&mut self, path: &str, spec: &StrategySpec, named: Named<'a>) {
        for constraint in &named.strategy.constraints {
            let ConstraintEntry::Ordered { low, high } = constraint else { continue };
            let range = |name: &str| {
                let entry = self.catalogue.gene(named.strategy, name)?;
                let given =
                    spec.genes.iter().find(|g| g.name == entry.name || entry.aliases.contains(&g.name));
                given.map_or_else(|| default_range(entry), given_range)
            };
            let (Some((low_min, _)), Some((_, high_max))) = (range(low), range(high)) else { continue };
            if low_min >= high_max {
                let message = format!(
                    "{low} must be less than {high}, but the lowest {low} is {low_min} and the highest {high} is {high_max}"
                );
                self.report(&format!("{path}.genes"), &message, None);
            }
        }
    }
}

fn given_range(gene: &GeneSpec) -> Option<(Decimal, Decimal)> {
    if let (Some(min), Some(max)) = (gene.min, gene.max) {
        return Some((min.to_decimal(), max.to_decimal()));
    }
    let values = gene.values.iter().flatten().chain(&gene.value).filter_map(|v| match v {
        GeneValue::Number(n) => Some(n.to_decimal()),
        GeneValue::Name(_) => None,
    });
    values.clone().min().zip(values.max())
}

fn default_range(entry: &GeneEntry) -> Option<(Decimal, Decimal)> {
    match &entry.range {
        RangeEntry::Linear { min, max, .. } | RangeEntry::Log { min, max, .. } => {
            Some((min.to_decimal(), max.to_decimal()))
        }
        RangeEntry::Values(v) => {
            v.iter().min().zip(v.iter().max()).map(|(a, b)| (a.to_decimal(), b.to_decimal()))
        }
        RangeEntry::Categories(_) => None,
    }
}

fn categories(entry: &GeneEntry) -> String {
    match &entry.range {
        RangeEntry::Categories(names) => format!("use one of {}", names.join(", ")),
        _ => String::new(),
    }
}
