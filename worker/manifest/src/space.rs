//! The search space of one strategy of a manifest: what a worker runs, and what a range is checked by.

use std::borrow::Cow;
use std::collections::BTreeMap;

use galapagos_crds::catalogue::{Catalogue, GeneEntry, StrategyAlias, StrategyEntry};
use galapagos_crds::conditions::StalledReason;
use galapagos_crds::{GeneSpec, GeneValue, StrategySpec};
use galapagos_genetics::Space;
use galapagos_rules::{Market, Strategy};

use crate::finding::{Finding, first};
use crate::gene::gene;
use crate::own;
use crate::range::{fixed, gene_space, own as own_range};
use crate::rules;
use crate::suggest::meant_or_all;
use crate::when;

/// A strategy of a manifest as a search space.
#[derive(Clone, Debug)]
pub struct SearchSpace<'a> {
    pub(crate) catalogue: &'a Catalogue,
    /// What the catalogue says of the strategy, or would say of one that the manifest writes itself.
    pub strategy: Cow<'a, StrategyEntry>,
    /// Definitions of the genes in the order of the genome: the strategy's own, then those of any strategy that the
    /// manifest names.
    pub genes: Vec<Cow<'a, GeneEntry>>,
    /// Their grids and the rules between them.
    pub space: Space,
    /// The ranges as a manifest would say them, every default written out.
    pub written: Vec<GeneSpec>,
}

impl<'a> SearchSpace<'a> {
    /// The space of the entry `index` of a manifest's strategies, a built-in one. `overruled` are genes that the data
    /// allow one value only.
    ///
    /// # Errors
    /// The first thing that makes it impossible.
    pub fn new(
        index: usize,
        spec: &StrategySpec,
        overruled: &[(&str, GeneValue)],
        catalogue: &'a Catalogue,
    ) -> Result<SearchSpace<'a>, Finding> {
        let mut findings = Vec::new();
        let path = format!("spec.strategies[{index}]");
        let unknown = || unknown_strategy(format!("{path}.name"), &spec.name, catalogue);
        let named = catalogue.strategy(&spec.name).ok_or_else(unknown)?;
        build(&path, spec, Cow::Borrowed(named.strategy), named.alias, overruled, catalogue, &mut findings)
            .ok_or_else(|| first(&path, findings))
    }

    /// The space of the entry `index` of a manifest's strategies, one with rules, and these checked with what is known
    /// of the data.
    ///
    /// # Errors
    /// The first thing that makes it impossible.
    pub fn own(
        index: usize,
        spec: &StrategySpec,
        market: &Market,
        catalogue: &'a Catalogue,
    ) -> Result<(SearchSpace<'a>, Strategy), Finding> {
        let mut findings = Vec::new();
        let path = format!("spec.strategies[{index}]");
        let own = own::own(&path, spec, market, catalogue).map_err(|findings| first(&path, findings))?;
        let made = build_own(&path, &own, catalogue, &mut findings);
        Ok((made.ok_or_else(|| first(&path, findings))?, own.rules))
    }
}

/// The same of rules that are checked. `None` with at least one finding that makes it impossible.
pub(crate) fn build_own<'a>(
    path: &str,
    own: &own::Own,
    catalogue: &'a Catalogue,
    findings: &mut Vec<Finding>,
) -> Option<SearchSpace<'a>> {
    build(path, &own.spec, Cow::Owned(own.entry.clone()), None, &[], catalogue, findings)
}

/// What is said of a strategy that does not exist.
pub fn unknown_strategy(path: impl Into<String>, name: &str, catalogue: &Catalogue) -> Finding {
    let mut known = Vec::new();
    for strategy in &catalogue.strategies {
        known.push(strategy.name.as_str());
        known.extend(strategy.aliases.iter().map(|a| a.name.as_str()));
    }
    Finding::invalid(path, format!("unknown strategy {name:?}"))
        .reason(StalledReason::UnknownStrategy)
        .advise(meant_or_all(name, known, "the strategies are"))
}

/// Everything that is wrong with the entry at `path`, and its space. `None` with at least one finding that makes it
/// impossible.
pub(crate) fn build<'a>(
    path: &str,
    spec: &StrategySpec,
    strategy: Cow<'a, StrategyEntry>,
    alias: Option<&'a StrategyAlias>,
    overruled: &[(&str, GeneValue)],
    catalogue: &'a Catalogue,
    findings: &mut Vec<Finding>,
) -> Option<SearchSpace<'a>> {
    let before = findings.iter().filter(|f| f.is_impossible()).count();
    let strategy_is_built_in = !spec.is_own();
    let mut given: BTreeMap<&str, (String, &GeneSpec)> = BTreeMap::new();
    for (i, spec) in spec.genes.iter().enumerate() {
        let path = format!("{path}.genes[{i}]");
        let entry = match gene(&format!("{path}.name"), &spec.name, &strategy, catalogue) {
            Ok(entry) => entry,
            Err(finding) => {
                findings.push(finding);
                continue;
            }
        };
        let name = entry.name.as_str();
        if let Some(alias) = alias.filter(|a| a.fixed.iter().any(|(gene, _)| gene == name)) {
            let text = format!("{:?} is {:?} with the gene {name:?} fixed", alias.name, strategy.name);
            let advice = format!("name the strategy {:?} to set it", strategy.name);
            findings.push(Finding::misleading(path.clone(), text).advise(advice));
        }
        if strategy_is_built_in && spec.default.is_some() {
            let text = "only genes of a strategy with rules have a default";
            findings.push(Finding::invalid(format!("{path}.default"), text).advise("leave it out"));
        }
        if given.contains_key(name) {
            let text = format!("the gene {name:?} is given twice");
            findings.push(Finding::invalid(format!("{path}.name"), text).advise("keep one of them"));
        } else {
            given.insert(name, (path, spec));
        }
    }
    // What the name fixes and what the data allow comes before what the manifest says.
    let by_alias = alias.into_iter().flat_map(|a| &a.fixed).map(|(gene, value)| (gene.as_str(), value));
    let by_data = overruled.iter().map(|(gene, value)| (*gene, value));
    let ruled: BTreeMap<&str, GeneSpec> =
        by_alias.chain(by_data).map(|(gene, value)| (gene, fixed(gene, value))).collect();
    let common = catalogue.common_genes.iter().filter(|g| given.contains_key(g.name.as_str()));
    let genes: Vec<Cow<'a, GeneEntry>> =
        genes_of(&strategy).into_iter().chain(common.map(Cow::Borrowed)).collect();
    let mut spaces = Vec::with_capacity(genes.len());
    let mut written = Vec::with_capacity(genes.len());
    for entry in &genes {
        let name = entry.name.as_str();
        let made = match (ruled.get(name), given.get(name)) {
            (Some(range), _) => gene_space(path, entry, range, findings),
            (None, Some((path, range))) => gene_space(path, entry, range, findings),
            (None, None) => gene_space(path, entry, &own_range(entry), findings),
        };
        if let Some((space, range)) = made {
            spaces.push(space);
            written.push(range);
        }
    }
    // Rules are checked once every gene has a grid.
    if findings.iter().filter(|f| f.is_impossible()).count() > before {
        return None;
    }
    let whens = when::read(&given, &strategy, &genes, &spaces, catalogue, findings)?;
    match rules::space(path, &strategy, &spec.constraints, whens, spaces) {
        Ok(space) => Some(SearchSpace { catalogue, strategy, genes, space, written }),
        Err(finding) => {
            findings.push(finding);
            None
        }
    }
}

/// The strategy's own genes, as long as the strategy is there itself.
fn genes_of<'a>(strategy: &Cow<'a, StrategyEntry>) -> Vec<Cow<'a, GeneEntry>> {
    match strategy {
        Cow::Borrowed(strategy) => strategy.genes.iter().map(Cow::Borrowed).collect(),
        Cow::Owned(strategy) => strategy.genes.iter().cloned().map(Cow::Owned).collect(),
    }
}
