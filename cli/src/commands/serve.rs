//! `galapagos serve`: signals over HTTP, as the role of `galapagos-worker` has them.

use crate::exit::{CommandError, CommandResult};
use crate::terminal;
use galapagos_worker::process::entry;
use galapagos_worker::process::exit::{Code, Exit};
use galapagos_worker::serve::{self, Settings};

/// Answer over HTTP what champions want after the last closed bar
///
/// GET /v1/signals has the signal of a champion, POST many; /v1/champions all that are served; /openapi.json describes them;
/// /live, /ready and /metrics are for those who run it. A new result or version of the dataset is taken up while it runs.
/// Data that are too old are answered with 503.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  galapagos serve results/galapagos/runs/local/stocks-daily --data-dir data
  galapagos serve stocks=results/galapagos/runs/local/stocks-daily fx=results/galapagos/runs/local/fx-hourly --listen 0.0.0.0:8080
  galapagos serve results/galapagos/runs/local/stocks-daily/5f3a.../result/result.json#2 --max-age 36h

Ctrl-C and SIGTERM: requests under way are answered, then it ends with 0.
Exit codes: 0 asked to leave, 1 internal error, 2 invalid input.")]
pub struct Arguments {
    #[command(flatten)]
    #[expect(missing_docs, reason = "flattened")]
    pub settings: Settings,
}

/// Runs `galapagos serve`.
pub fn execute(arguments: Arguments) -> CommandResult {
    let said = |address| terminal::note(&format!("listening on http://{address}"));
    let outcome = entry::inside(|shell| serve::run(&arguments.settings, &shell, &said));
    outcome.map_err(|Exit { code, error, .. }| match code {
        Code::Internal => CommandError::Internal(error),
        _ => CommandError::Invalid(error),
    })
}
