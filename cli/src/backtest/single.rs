//! One genome on the data: warm-up, account, evaluation, traces.

use super::arguments::Arguments;
use super::data::Data;
use super::tested::{self, Tested};
use super::write::{AccountReport, Part};
use crate::exit::{Blame, CommandError, CommandResult};
use crate::{names, terminal, times};
use galapagos_crds::StrategySpec;
use galapagos_crds::execution::ExecutionSpec;
use galapagos_run::engine::backtest::{Backtest, BacktestResult, backtest};
use galapagos_run::engine::bars::Bars;
use galapagos_run::engine::evaluation::MetricSet;
use galapagos_run::engine::execution::{Execution, Fill, Window};
use galapagos_run::engine::genes::Genome;
use galapagos_run::engine::prepared::Prepared;
use galapagos_run::engine::strategies::{self, StrategyDef};
use galapagos_run::engine::window::Rows;
use galapagos_run::job::execution::to_engine;
use galapagos_run::job::own_data;
use galapagos_run::job::{closes, dates};
use std::path::Path;

/// The gene that is off where there is no volume to confirm by (contract X16).
const VOLUME_GENE: &str = "volume_confirmation";

/// A back-test that is done.
pub struct Done {
    /// The data it ran on.
    pub data: Data,
    /// The strategy that was tested.
    pub strategy: Tested,
    /// Its genes and stops.
    pub genome: Genome,
    /// Options of the simulated account.
    pub exec: Execution,
    /// Rows of the warm-up, the longest of the symbols.
    pub warm_up: usize,
    /// Rows of each symbol before the first date.
    pub history: Vec<usize>,
    /// Counted rows of each symbol.
    pub rows: Vec<Rows>,
    /// Metrics, accounts and signals.
    pub report: BacktestResult,
}

impl Done {
    /// Whether the result is better than can be had: filled at the close that decided.
    pub fn optimistic(&self) -> bool {
        self.exec.fill == Fill::SameClose
    }

    /// The bars that were tested on, with those that only warm up.
    pub fn bars(&self) -> Vec<Bars<'_>> {
        cut(&self.data, &self.exec, self.data.bars())
    }

    fn others(&self) -> Vec<Bars<'_>> {
        cut(&self.data, &self.exec, self.data.others(self.strategy.symbols()))
    }

    /// What `--trades` and `--bars` are written from.
    pub fn account_report(&self) -> AccountReport<'_> {
        let part = Part {
            name: None,
            from: self.history.clone(),
            bars: self.bars(),
            rows: self.rows.clone(),
            report: &self.report,
        };
        AccountReport {
            strategy: self.strategy.strategy(),
            genome: &self.genome,
            bars_per_year: self.exec.bars_per_year,
            others: self.others(),
            parts: vec![part],
        }
    }
}

/// Runs what the arguments say.
pub fn run(arguments: &Arguments) -> CommandResult<Done> {
    if let Some(file) = &arguments.rules {
        return run_own(file, arguments);
    }
    let name = arguments.strategy.as_deref().unwrap_or_default();
    let all = || strategies::all().iter().map(|s| s.def().name);
    let found = strategies::find(name).ok_or_else(|| {
        CommandError::invalid(format!(
            "--strategy: {}",
            names::unknown("strategy", name, all().collect::<Vec<_>>())
        ))
    })?;
    let mut pairs: Vec<(&str, &str)> = Vec::new();
    for gene in &arguments.genes {
        pairs.push(gene.split_once('=').ok_or_else(|| {
            CommandError::invalid(format!(
                "--gene {gene:?}: write NAME=VALUE, as --gene {}=10",
                found.strategy.def().genes[0].name
            ))
        })?);
    }
    for &(gene, value) in found.fixed {
        match pairs.iter().find(|p| p.0 == gene) {
            Some(&(_, given)) if given != value => {
                let text = format!("--gene {gene}={given}: {name} fixes it to {value}");
                return Err(CommandError::invalid(text));
            }
            Some(_) => {}
            None => pairs.push((gene, value)),
        }
    }
    let def = found.strategy.def();
    // Words first: a misspelt gene is told before the data are read.
    let mut genome = Genome::from_pairs(def, &pairs).invalid()?;
    let spec = arguments.account.resolve()?;
    let data = Data::read(arguments)?;
    if data.close_only {
        closes::check(def.name, None, pairs.iter().map(|p| p.0)).invalid()?;
    }
    let confirms = def.genes.iter().any(|g| g.name == VOLUME_GENE) && !def.needs_volume;
    if confirms && !data.bars().iter().all(Bars::has_volume) {
        pairs.retain(|p| p.0 != VOLUME_GENE);
        pairs.push((VOLUME_GENE, "0"));
        genome = Genome::from_pairs(def, &pairs).invalid()?;
        terminal::note(&format!("note: {VOLUME_GENE} is fixed at 0, since the data have no volume"));
    }
    let exec = to_engine(&spec, data.bars_per_year).invalid()?;
    finish(data, Tested::BuiltIn(found.strategy), genome, exec)
}

fn run_own(file: &Path, arguments: &Arguments) -> CommandResult<Done> {
    // Rules first: what is wrong with them is told before the data are read.
    let strategy = tested::read(file, arguments)?;
    let spec = arguments.account.resolve()?;
    run_strategy(file, &strategy, &spec, arguments)
}

/// Runs a strategy of one's own, which stands in `file`, with these options of the account.
pub fn run_strategy(
    file: &Path,
    strategy: &StrategySpec,
    spec: &ExecutionSpec,
    arguments: &Arguments,
) -> CommandResult<Done> {
    let mut data = Data::read(arguments)?;
    let strategy = &data.open_signals(file, strategy, &arguments.data_dir.data_dir)?;
    let (tested, genome) = tested::own(file, strategy, &arguments.genes, &data)?;
    let exec = to_engine(spec, data.bars_per_year).invalid()?;
    if let Tested::Own(species) = &tested
        && let Some(rules) = species.rules()
    {
        let objection = rules.same_close_objection().filter(|_| exec.fill == Fill::SameClose);
        if let Some(error) = objection {
            return Err(CommandError::invalid(format!("{}: {error}", file.display())));
        }
        if data.close_only {
            let genes = species.genes().iter().map(|gene| gene.name.as_str());
            closes::check(tested.name(), Some(rules), genes).invalid()?;
        }
        own_data::check(tested.name(), rules, &data.bars(), &data.others(tested.symbols())).invalid()?;
    }
    finish(data, tested, genome, exec)
}

fn finish(data: Data, tested: Tested, genome: Genome, exec: Execution) -> CommandResult<Done> {
    let (strategy, name) = (tested.strategy(), tested.name());
    let needs = |of: fn(&StrategyDef) -> bool| strategy.built_in().is_some_and(of);
    let of = |all| cut(&data, &exec, all);
    let (bars, others) = (of(data.bars()), of(data.others(tested.symbols())));
    let from_ms = data.dates.from_ms.filter(|_| exec.window != Window::Full);
    let mut history = Vec::new();
    let prepared = bars.iter().map(|&b| Prepared::new(b, &exec)).collect::<Result<Vec<_>, _>>().invalid()?;
    let mut warm_up = 0;
    let mut rows = Vec::new();
    for symbol in &prepared {
        let bars = symbol.bars();
        if needs(|def| def.needs_volume) && !bars.has_volume() {
            let text = format!("{name} needs volume, but {} has none", bars.symbol);
            return Err(CommandError::invalid(text));
        }
        if needs(|def| def.needs_funding) && bars.funding.is_empty() {
            let text = format!(
                "{name} needs funding, but {} has no series: give --funding FILE, or a constant in the execution block",
                bars.symbol
            );
            return Err(CommandError::invalid(text));
        }
        let before = dates::start(bars.time_ms, from_ms);
        let own = strategy.warm_up(&bars, &others, &genome);
        let because = || {
            let cause = strategy.own().and_then(|own| own.warm_up_cause_of(&bars, &others, &genome));
            cause.map_or_else(String::new, |cause| format!(", because of {cause}"))
        };
        let wanted = match exec.warmup_bars {
            Some(given) if given < own => {
                let text =
                    format!("execution.warmupBars is {given}, but {name} needs {own} bars{}", because());
                return Err(CommandError::invalid(text));
            }
            Some(given) => given,
            None => own,
        };
        if wanted >= bars.len() {
            let until = data
                .dates
                .to_ms
                .map_or_else(String::new, |to| format!(" before --to {}", times::rfc3339(to)));
            let advice =
                if until.is_empty() { "give more data" } else { "write a later --to, give more data" };
            let text = format!(
                "{} has {} bars{until}, and this genome of {name} needs {wanted} before its first decision{}; {advice} or shorter periods",
                bars.symbol,
                bars.len(),
                because(),
            );
            return Err(CommandError::invalid(text));
        }
        warm_up = warm_up.max(wanted);
        rows.push(match exec.window {
            Window::AfterWarmUp => Rows::dated(wanted.max(before), from_ms),
            Window::Full => Rows::full(wanted),
        });
        history.push(before);
    }
    let run =
        Backtest { symbols: &prepared, rows: &rows, others: &others, exec: &exec, metrics: MetricSet::FULL };
    let report = backtest(&run, strategy, &genome);
    drop(prepared);
    drop(bars);
    drop(others);
    Ok(Done { data, strategy: tested, genome, exec, warm_up, history, rows, report })
}

/// The bars as the account's options want them: with `window: Full` none before the first date.
fn cut<'a>(data: &Data, exec: &Execution, all: Vec<Bars<'a>>) -> Vec<Bars<'a>> {
    let first = data.dates.from_ms.filter(|_| exec.window == Window::Full);
    all.iter().map(|bars| bars.skip(dates::start(bars.time_ms, first))).collect()
}
