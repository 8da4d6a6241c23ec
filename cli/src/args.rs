//! The arguments of the command and the choice of the verb.

use crate::commands::{
    backtest, check, cluster, compare, completions, data, dev, estimate, export, fetch, front, functions,
    import, import_signals, init, lookahead, neighbours, render, report, run, serve, signal, strategies,
    validate,
};
use crate::exit::CommandResult;
use crate::output::Output;
use clap::{CommandFactory, Parser, Subcommand};

/// Evolves trading strategies on market data: on this machine, with the manifest that a cluster would get.
#[derive(Debug, Parser)]
#[command(name = "galapagos", version, about, max_term_width = 110, after_help = EXAMPLES, arg_required_else_help = true)]
pub struct Arguments {
    /// More log lines on stderr; RUST_LOG overrides it
    #[arg(long, short, global = true)]
    pub verbose: bool,
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

const EXAMPLES: &str = "\
First steps:
  galapagos import AAPL.csv MSFT.csv --dataset us-stocks --interval 1d --calendar sessions:252
  galapagos init --dataset us-stocks --strategy ema_crossover > job.yaml
  galapagos run job.yaml

Exit codes: 0 done, 1 internal error, 2 invalid input, 3 gates failed, 4 no individual is feasible, 130 interrupted (run it again to continue).
All times are UTC, at the OPEN of a bar.";

/// What to do.
#[derive(Debug, Subcommand)]
#[expect(missing_docs, reason = "the text of each verb is that of its arguments")]
pub enum Verb {
    Run(run::Arguments),
    Report(report::Arguments),
    Backtest(backtest::Arguments),
    Signal(signal::Arguments),
    Serve(serve::Arguments),
    Export(export::Arguments),
    Lookahead(lookahead::Arguments),
    Neighbours(neighbours::Arguments),
    Compare(compare::Arguments),
    Front(front::Arguments),
    Import(import::Arguments),
    Fetch(fetch::Arguments),
    ImportSignals(import_signals::Arguments),
    Data(data::Arguments),
    Strategies(strategies::Arguments),
    Functions(functions::Arguments),
    Check(check::Arguments),
    Validate(validate::Arguments),
    Render(render::Arguments),
    Estimate(estimate::Arguments),
    Init(init::Arguments),
    Cluster(cluster::Arguments),
    Completions(completions::Arguments),
    Dev(dev::Arguments),
}

impl Arguments {
    /// Runs the verb that was chosen.
    pub fn execute(self) -> CommandResult {
        crate::terminal::start_log(self.verbose, self.verb.is_json());
        match self.verb {
            Verb::Run(a) => run::execute(a),
            Verb::Report(a) => report::execute(a),
            Verb::Estimate(a) => estimate::execute(a),
            Verb::Backtest(a) => backtest::execute(a),
            Verb::Signal(a) => signal::execute(a),
            Verb::Serve(a) => serve::execute(a),
            Verb::Export(a) => export::execute(a),
            Verb::Lookahead(a) => lookahead::execute(a),
            Verb::Neighbours(a) => neighbours::execute(a),
            Verb::Compare(a) => compare::execute(a),
            Verb::Front(a) => front::execute(a),
            Verb::Import(a) => import::execute(a),
            Verb::Fetch(a) => fetch::execute(a),
            Verb::ImportSignals(a) => import_signals::execute(a),
            Verb::Data(a) => data::execute(a),
            Verb::Validate(a) => validate::execute(a),
            Verb::Render(a) => render::execute(a),
            Verb::Strategies(a) => strategies::execute(a),
            Verb::Functions(a) => functions::execute(a),
            Verb::Check(a) => check::execute(a),
            Verb::Init(a) => init::execute(a),
            Verb::Cluster(a) => cluster::execute(a),
            Verb::Completions(a) => completions::execute(a, &mut Arguments::command()),
            Verb::Dev(a) => dev::execute(a),
        }
    }
}

impl Verb {
    /// Whether log lines are JSON too: progress on stderr is then read by a program.
    fn is_json(&self) -> bool {
        matches!(self, Verb::Run(a) if a.output == Output::Json)
    }
}
