//! `galapagos cluster`, which is `kubectl galapagos` too: one file per verb.

mod best;
mod complete;
mod doctor;
mod estimate;
mod logs;
mod render;
mod result;
mod status;
mod steer;
mod ui;

use crate::cluster::kubectl::Access;
use crate::exit::CommandResult;
use crate::output::Output;
use clap::{Parser, Subcommand};

pub use complete::{COMPLETER, complete};

/// Name under which kubectl finds this program as its plugin.
pub const PLUGIN: &str = "kubectl-galapagos";

/// Show and steer the jobs of a cluster, and bring their results home
///
/// It calls kubectl, so contexts, credentials and namespaces are those of kubectl. A program of the name kubectl-galapagos on
/// the PATH, as a link to this one, is a plugin: kubectl galapagos status is galapagos cluster status.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Which cluster.
    #[command(flatten)]
    pub access: Access,
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

/// Show and steer the jobs of a cluster, and bring their results home.
#[derive(Debug, Parser)]
#[command(
    name = PLUGIN, bin_name = "kubectl galapagos", version, max_term_width = 110, after_help = EXAMPLES,
    arg_required_else_help = true
)]
pub struct Plugin {
    /// Which cluster.
    #[command(flatten)]
    pub access: Access,
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

const EXAMPLES: &str = "\
Examples:
  ln -s \"$(command -v galapagos)\" ~/.local/bin/kubectl-galapagos
  ln -s \"$(command -v galapagos)\" ~/.local/bin/kubectl_complete-galapagos
  kubectl galapagos status
  kubectl galapagos watch btc
  kubectl galapagos ui btc
  kubectl galapagos results btc -o btc-result
  kubectl galapagos report btc -o btc.html
  kubectl galapagos estimate btc
  kubectl galapagos doctor

Exit codes: 0 done, 1 internal error, 2 invalid input or refused by the cluster, 3 something is wrong (doctor), 4 no individual is feasible, 130 interrupted.";

/// What to do.
#[derive(Debug, Subcommand)]
#[expect(missing_docs, reason = "the text of each verb is that of its arguments")]
pub enum Verb {
    Status(status::Arguments),
    Watch(status::Watch),
    Ui(ui::Arguments),
    Best(best::Arguments),
    Results(result::Results),
    Report(result::Report),
    Logs(logs::Logs),
    Events(logs::Events),
    Estimate(estimate::Arguments),
    Render(render::Arguments),
    Suspend(steer::Suspend),
    Resume(steer::Resume),
    Stop(steer::Stop),
    Doctor(doctor::Arguments),
}

/// Runs `galapagos cluster`.
pub fn execute(Arguments { access, verb }: Arguments) -> CommandResult {
    run(&access, verb)
}

impl Plugin {
    /// Runs `kubectl galapagos`.
    pub fn execute(self) -> CommandResult {
        crate::terminal::start_log(false, false);
        run(&self.access, self.verb)
    }
}

fn run(access: &Access, verb: Verb) -> CommandResult {
    match verb {
        Verb::Status(a) => status::execute(access, &a),
        Verb::Watch(a) => status::watch(access, a),
        Verb::Ui(a) => ui::execute(access, &a),
        Verb::Best(a) => best::execute(access, &a),
        Verb::Results(a) => result::results(access, &a),
        Verb::Report(a) => result::report(access, &a),
        Verb::Logs(a) => logs::logs(access, &a),
        Verb::Events(a) => logs::events(access, &a),
        Verb::Estimate(a) => estimate::execute(access, &a),
        Verb::Render(a) => render::execute(access, &a),
        Verb::Suspend(a) => steer::suspend(access, &a),
        Verb::Resume(a) => steer::resume(access, &a),
        Verb::Stop(a) => steer::stop(access, &a),
        Verb::Doctor(a) => doctor::execute(access, &a),
    }
}

/// The flag of verbs that print for people or programs.
#[derive(Clone, Copy, Debug, clap::Args)]
struct Printed {
    /// How to print it
    #[arg(short, long, value_enum, default_value_t)]
    output: Output,
}
