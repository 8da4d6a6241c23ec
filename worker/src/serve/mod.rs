//! The role `serve`: answers over HTTP what champions want after the last closed bar.
//!
//! Signals are computed when a result or a dataset changes, never for a request: an answer is bytes that lie ready on the
//! `board`. `watched` looks for changes, `api` has the pages.

mod api;
mod batch;
mod board;
mod watched;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use galapagos_protocol::transport::{Connections, serve_http_until};
use galapagos_run::signal::age::MaxAge;

use crate::metrics::ServeMetrics;
use crate::process::exit::{Code, Exit};
use crate::process::{Shell, http};
use board::Shown;
use watched::Watched;

/// How long one look at results and data may take before the process counts as stuck.
const PATIENCE: Duration = Duration::from_secs(900);
/// How often the wish to leave is looked at between two looks at the files.
const PAUSE: Duration = Duration::from_millis(50);
/// Results at most: each is computed in turn.
const MOST_RESULTS: usize = 256;

/// Arguments of the role.
#[derive(Clone, Debug, clap::Args)]
pub struct Settings {
    /// Folder of a run, of a job with runs (its newest result), the folder result of a run, or its result.json; #RANK behind it
    /// names another champion than the best, NAME= before it what it is called
    #[arg(
        value_name = "[NAME=]RESULT[#RANK]",
        required = true,
        env = "GALAPAGOS_RESULTS",
        hide_env_values = true
    )]
    pub results: Vec<String>,
    /// Root of the market data; read only
    #[arg(
        long,
        env = "GALAPAGOS_DATA_DIR",
        value_name = "DIR",
        default_value = "./data",
        hide_env_values = true
    )]
    pub data_dir: PathBuf,
    /// Dataset to decide on; absent: that of each result. The latest version counts
    #[arg(long, env = "GALAPAGOS_DATASET", value_name = "NAME", hide_env_values = true)]
    pub dataset: Option<String>,
    /// Address and port that answer
    #[arg(
        long,
        env = "GALAPAGOS_LISTEN",
        value_name = "ADDRESS",
        default_value = "127.0.0.1:8080",
        hide_env_values = true
    )]
    pub listen: SocketAddr,
    /// How long ago the last bar may have closed, as 90s, 30m, 36h or 5d; usual: two bars, and four days more where the market
    /// has sessions; off: any. Older data are answered with 503
    #[arg(long, env = "GALAPAGOS_MAX_AGE", value_name = "AGE", default_value_t = MaxAge::Usual, hide_env_values = true)]
    pub max_age: MaxAge,
    /// Seconds between two looks for new results and data
    #[arg(long, env = "GALAPAGOS_POLL_SECONDS", value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..=3600), hide_env_values = true)]
    pub poll_seconds: u64,
}

/// Does it until it is asked to leave; `listening` is told where.
///
/// # Errors
/// A result or its data cannot be read at the start, two champions have one name, or the address is taken.
pub fn run(settings: &Settings, shell: &Shell, listening: &dyn Fn(SocketAddr)) -> Result<(), Exit> {
    let mut all = watched(settings)?;
    let metrics = ServeMetrics::register(&shell.metrics);
    let shown = Shown::new(settings.max_age, metrics);
    let bound = shell.runtime.block_on(tokio::net::TcpListener::bind(settings.listen)).map_err(|error| {
        let error = anyhow::Error::new(error);
        let text = format!("--listen {} cannot be opened: choose another", settings.listen);
        Exit::new(Code::Internal, error.context(text))
    })?;
    let address = bound.local_addr().unwrap_or(settings.listen);
    // Probes are answered while the first signals are computed: alive, not ready.
    let pages = http::router(shell.health.clone(), shell.metrics.clone(), shell.stop.clone());
    let pages = api::router(shown.clone()).merge(pages);
    let leaving = shell.stop.clone();
    let served = shell.runtime.spawn(async move {
        serve_http_until(bound, pages, Connections::Kept, async move { leaving.asked().await }).await;
    });
    let beat = shell.health.heartbeat("reload", PATIENCE);
    for one in &mut all {
        one.look().map_err(|error| {
            let code = match (error.is_of_the_input(), error.is_of_the_data()) {
                (true, true) => Code::DataInvalid,
                (true, false) => Code::Spec,
                _ => Code::Internal,
            };
            Exit::new(code, anyhow::Error::new(error).context(one.name.clone()))
        })?;
        beat.beat();
    }
    shown.put(&all);
    shell.health.set_ready(true);
    tracing::info!(%address, champions = all.len(), "signals are served");
    listening(address);
    while !wait(shell, Duration::from_secs(settings.poll_seconds)) {
        let mut changed = false;
        for one in &mut all {
            changed |= shown.looked(one);
            beat.beat();
        }
        if changed {
            shown.put(&all);
        }
        shown.measure();
    }
    shell.health.set_ready(false);
    // Requests that are under way are answered.
    let _ = shell.runtime.block_on(served);
    Ok(())
}

fn watched(settings: &Settings) -> Result<Vec<Watched>, Exit> {
    let wrong = |text: String| Exit::new(Code::Spec, anyhow::Error::msg(text));
    if settings.results.len() > MOST_RESULTS {
        let text = format!("{} results: at most {MOST_RESULTS} are served", settings.results.len());
        return Err(wrong(text));
    }
    let one = |text: &String| Watched::new(text, &settings.data_dir, settings.dataset.as_deref());
    let all = settings.results.iter().map(one).collect::<Result<Vec<_>, _>>();
    let all = all.map_err(|error| Exit::new(Code::Spec, error))?;
    for (i, one) in all.iter().enumerate() {
        if all[..i].iter().any(|other| other.name == one.name) {
            return Err(wrong(format!(
                "two champions are called {:?}: write NAME= before one of the results",
                one.name
            )));
        }
    }
    Ok(all)
}

/// Waits; whether it was asked to leave.
fn wait(shell: &Shell, time: Duration) -> bool {
    let begun = std::time::Instant::now();
    while begun.elapsed() < time && !shell.stop.is_asked() {
        std::thread::sleep(PAUSE);
    }
    shell.stop.is_asked()
}
