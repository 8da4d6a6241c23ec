//! Files of signals that a job's strategies read: opened with the dataset, and given to the engine beside the bars.

use std::collections::BTreeMap;

use galapagos_crds::StrategySpec;
use galapagos_engine::beside::{OwnedColumns, SignalColumns};
use galapagos_manifest::Finding;
use galapagos_market::Dataset;
use galapagos_market::signals::{SignalsVersion, open};
use galapagos_rules::is_name;
use galapagos_rules::terms::term;

use super::market_error::MarketError;

/// What resolving a job needs to know of a file of signals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignalsFacts {
    /// Its digest, 64 hex digits.
    pub digest: String,
    /// Names of all its columns.
    pub columns: Vec<String>,
}

/// The signals of all strategies of a job.
#[derive(Debug, Default)]
pub struct JobSignals {
    versions: BTreeMap<String, SignalsVersion>,
    by_symbol: Vec<Beside>,
}

/// The columns of one symbol, under the names of the engine.
#[derive(Debug)]
struct Beside {
    symbol: String,
    columns: OwnedColumns,
}

/// What is wrong with the name of a column: what the language could not read by it.
pub fn objection(name: &str) -> Option<String> {
    if !is_name(name) || name.len() > 64 {
        return Some("its name has other signs than letters, digits and _; rename it".to_owned());
    }
    term(name).map(|_| format!("{name} is a term of the language; rename it"))
}

impl JobSignals {
    /// Opens what `strategies` name.
    ///
    /// # Errors
    /// It is missing or damaged, or not named by what is published.
    pub fn open(dataset: &Dataset, strategies: &[StrategySpec]) -> Result<JobSignals, MarketError> {
        // By name: the version, and the columns that are wanted; none: all.
        let mut wanted: BTreeMap<&str, (Option<&str>, Option<Vec<String>>)> = BTreeMap::new();
        for (i, strategy) in strategies.iter().enumerate() {
            let Some(given) = &strategy.signals else { continue };
            let name = name(i, strategy)?;
            let (digest, columns) = wanted.entry(name).or_insert((given.digest.as_deref(), Some(Vec::new())));
            if *digest != given.digest.as_deref() {
                let text = format!("two strategies read different versions of signals {name:?}");
                let finding = Finding::invalid(format!("spec.strategies[{i}].signals.digest"), text);
                return Err(finding
                    .advise("write the same digest, or publish one under another name")
                    .into());
            }
            match columns {
                Some(all) if !given.columns.is_empty() => all.extend(given.columns.iter().cloned()),
                _ => *columns = None,
            }
        }
        let mut out = JobSignals::default();
        for (name, (digest, columns)) in wanted {
            let mut version = open(dataset, name, digest, &columns.unwrap_or_default())?;
            for (symbol, columns) in version.take_values() {
                let columns =
                    columns.into_iter().map(|(column, values)| (format!("{name}.{column}"), values));
                out.add(symbol, columns.collect());
            }
            out.versions.insert(name.to_owned(), version);
        }
        Ok(out)
    }

    fn add(&mut self, symbol: String, columns: Vec<(String, Vec<f64>)>) {
        match self.by_symbol.iter_mut().find(|one| one.symbol == symbol) {
            Some(one) => one.columns.0.extend(columns),
            None => self.by_symbol.push(Beside { symbol, columns: OwnedColumns(columns) }),
        }
    }

    /// The columns of a symbol.
    pub fn of(&self, symbol: &str) -> Option<&dyn SignalColumns> {
        self.by_symbol.iter().find(|one| one.symbol == symbol).map(|one| &one.columns as &dyn SignalColumns)
    }

    /// What resolving a job needs to know.
    pub fn facts(&self) -> BTreeMap<String, SignalsFacts> {
        let facts = |version: &SignalsVersion| SignalsFacts {
            digest: version.digest().to_owned(),
            columns: version.columns().to_vec(),
        };
        self.versions.iter().map(|(name, version)| (name.clone(), facts(version))).collect()
    }
}

/// The name under which the signals of a strategy are published.
fn name(index: usize, strategy: &StrategySpec) -> Result<&str, Finding> {
    let given = strategy.signals.as_ref().and_then(|given| given.name.as_deref());
    given.ok_or_else(|| unpublished(index))
}

/// What is said of a file where only what is published can be read.
fn unpublished(index: usize) -> Finding {
    let text = "a file beside the manifest is read only by `galapagos run` and its kin, which publish it";
    let advice = "publish it with galapagos import-signals, and name it as that prints it";
    Finding::invalid(format!("spec.strategies[{index}].signals.file"), text).advise(advice)
}

/// The strategy with what its file turned out to be: version and columns.
///
/// # Errors
/// It is not published, or lacks a column.
pub fn written_out(
    index: usize,
    strategy: &StrategySpec,
    known: &BTreeMap<String, SignalsFacts>,
) -> Result<StrategySpec, Finding> {
    let mut out = strategy.clone();
    let Some(given) = &mut out.signals else { return Ok(out) };
    let name = name(index, strategy)?;
    let path = format!("spec.strategies[{index}].signals");
    let Some(found) = known.get(name) else {
        let text = format!("signals {name:?} are not published with this version of the dataset");
        return Err(Finding::invalid(format!("{path}.name"), text)
            .advise("import them with galapagos import-signals"));
    };
    if let Some((k, column)) = given.columns.iter().enumerate().find(|(_, c)| !found.columns.contains(c)) {
        let text = format!("signals {name:?} have no column {column:?}");
        let advice = format!("they have {}", found.columns.join(", "));
        return Err(Finding::invalid(format!("{path}.columns[{k}]"), text).advise(advice));
    }
    if given.columns.is_empty() {
        given.columns.clone_from(&found.columns);
    }
    given.digest = Some(format!("blake3:{}", found.digest));
    Ok(out)
}
