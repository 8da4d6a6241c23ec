//! `galapagos init`: a commented manifest to start from.

use crate::commands::strategies::range_text;
use crate::exit::{CommandError, CommandResult};
use crate::{names, terminal};
use galapagos_crds::catalogue::{Catalogue, RangeEntry, StrategyEntry};
use std::fmt::Write;

/// Print a commented manifest to start from
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  galapagos init > job.yaml
  galapagos init --dataset us-stocks --symbol AAPL --symbol MSFT --strategy ema_crossover --strategy rsi_filter
  galapagos init --strategy all --interval 1h --name everything")]
pub struct Arguments {
    /// Name of the job
    #[arg(long, default_value = "my-job")]
    pub name: String,
    /// Dataset to evolve on, as `galapagos data list` names it
    #[arg(long, default_value = "us-stocks")]
    pub dataset: String,
    /// Symbol to trade; give it again for several
    #[arg(long = "symbol", value_name = "SYMBOL", default_value = "AAPL")]
    pub symbols: Vec<String>,
    /// Length of a bar
    #[arg(long, default_value = "1d")]
    pub interval: String,
    /// Strategy to evolve; give it again for several, `all` for the twelve that need neither training nor funding
    #[arg(long = "strategy", value_name = "NAME", default_value = "ema_crossover")]
    pub strategies: Vec<String>,
}

/// Runs `galapagos init`.
pub fn execute(arguments: Arguments) -> CommandResult {
    let chosen = choose(&arguments.strategies)?;
    terminal::print(&manifest(&arguments, &chosen))
}

fn choose(names_given: &[String]) -> CommandResult<Vec<&'static StrategyEntry>> {
    let catalogue = Catalogue::embedded();
    let mut chosen: Vec<&StrategyEntry> = Vec::new();
    let mut add = |entry: &'static StrategyEntry| {
        if !chosen.iter().any(|c| c.name == entry.name) {
            chosen.push(entry);
        }
    };
    for name in names_given {
        if name == "all" {
            catalogue.strategies.iter().filter(|s| !s.trains && !s.needs.funding).for_each(&mut add);
            continue;
        }
        let all = catalogue.strategies.iter().map(|s| s.name.as_str());
        let found = catalogue
            .strategy(name)
            .ok_or_else(|| CommandError::invalid(names::unknown("strategy", name, all)))?;
        add(found.strategy);
    }
    Ok(chosen)
}

fn manifest(arguments: &Arguments, strategies: &[&StrategyEntry]) -> String {
    let Arguments { name, dataset, symbols, interval, .. } = arguments;
    let symbols = symbols.join(", ");
    let size = (strategies.len() * 20).max(100);
    let calendar = if interval.ends_with('d') {
        "calendar: {type: Sessions, barsPerYear: 252}   # bars a year of a market with sessions; a market that never closes: {type: Continuous}"
    } else {
        "calendar: {type: Continuous}                   # the market never closes; else {type: Sessions, barsPerYear: N}"
    };
    let mut text = format!(
        "\
# Check it:  galapagos validate FILE      What it will cost:  galapagos estimate FILE      Run it:  galapagos run FILE
# Decimals are quoted (\"0.001\"): an unquoted one is a float, whose value depends on who reads it.
apiVersion: galapagos.dev/v1alpha1
kind: EvolutionJob
metadata:
  name: {name}
spec:
  marketData:
    dataset: {dataset}                             # made by `galapagos import`; `galapagos data list` shows all
    symbols: [{symbols}]                              # one genome trades all of them
    interval: {interval}
    {calendar}
    # from: 2015-01-01                              # bars before it only warm up
    # to: 2024-01-01                                # no bar from then on is read
    # source: {{path: raw/file.csv}}                  # imported from below the data folder if the dataset is missing
    # digest: \"blake3:...\"                          # pins one version of the dataset
  strategies:                                       # each is a species; at least 8 individuals for each
"
    );
    for strategy in strategies {
        add_strategy(&mut text, strategy);
    }
    let _ = write!(
        text,
        "  population:
    size: {size}
    seed: 42                                        # same seed and data: the same result to the byte
    # initial: [{{strategy: {first}, genome: {{{genome}}}}}]
  generations: 50
  searcher: Evolution                               # or Random, Grid, Sobol, TPE, CMAES
  objectives:
  - {{metric: sharpe, goal: Maximize}}
  limits:                                           # who is outside cannot win
  - {{metric: max_drawdown, atMost: \"0.4\"}}
  - {{metric: trades, atLeast: 20}}
  execution:
    initialCapital: 10000
    fill: NextOpen                                  # decided at a close, filled at the next open
    side: Long                                      # or Short, LongShort
    takerFee: \"0.0005\"                              # share of the traded amount
    slippage: \"0.0002\"                              # share of the price
    sizing: {{fraction: {{value: \"1\"}}}}                # share of the account that a position uses
  validation:
    holdout: {{fraction: \"0.2\"}}                      # the last fifth of the bars is read once, at the end
  stop:
    patience: 10                                    # generations without a better individual
    # target: \"3\"
    # maxEvaluations: 50000
    # maxDurationSeconds: 3600
",
        first = strategies.first().map_or("", |s| &s.name),
        genome = strategies.first().map_or_else(String::new, |s| {
            s.genes.iter().map(|g| format!("{}: \"{}\"", g.name, g.default)).collect::<Vec<_>>().join(", ")
        }),
    );
    text
}

fn add_strategy(text: &mut String, strategy: &StrategyEntry) {
    // Writing into a String cannot fail.
    let _ = writeln!(text, "  - name: {:<44}# {}", strategy.name, strategy.summary);
    if strategy.genes.is_empty() {
        return;
    }
    text.push_str("    # genes:                                        # absent: these ranges\n");
    for gene in &strategy.genes {
        let range = match &gene.range {
            RangeEntry::Linear { min, max, step } => {
                format!("min: \"{min}\", max: \"{max}\", step: \"{step}\"")
            }
            RangeEntry::Log { min, max, steps } => {
                format!("scale: Log, min: \"{min}\", max: \"{max}\", steps: {steps}")
            }
            RangeEntry::Values(_) | RangeEntry::Categories(_) => {
                format!("values: [{}]", quoted(&range_text(&gene.range)))
            }
        };
        let _ = writeln!(text, "    # - {{name: {}, {range}}}", gene.name);
    }
}

fn quoted(values: &str) -> String {
    values.split(" | ").map(|v| format!("\"{v}\"")).collect::<Vec<_>>().join(", ")
}
