//! The role `deliver`: copies results that have ended to other places, again and again, beside the jobs and never in their way.
//!
//! It only reads the volume of the runs. A destination that is down costs nobody anything: what it lacks is delivered when it is
//! back, and until then `galapagos_deliver_lag_seconds` rises.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use galapagos_delivery::catch_up::{CatchUp, Event};
use galapagos_delivery::error::DeliveryError;
use galapagos_delivery::finished::below;
use galapagos_delivery::sink::Watch;

use crate::metrics::deliver::{DeliverMetrics, To};
use crate::process::Shell;
use crate::process::exit::{Code, Exit, with_causes};
use crate::process::health::Heartbeat;

/// How long nothing may move before the process counts as stuck.
const PATIENCE: Duration = Duration::from_secs(900);
/// How often the wish to leave is looked at between two passes.
const PAUSE: Duration = Duration::from_millis(50);

/// Copy results that have ended to a folder, S3 or PostgreSQL, again and again
///
/// Each result is copied whole or not at all, and once. A destination that is down is tried again.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  galapagos-worker deliver /state --to s3://quants/galapagos
  galapagos-worker deliver /state/galapagos/runs/research --to postgres://quant@db/results --every-seconds 0

Keys of S3 are read from AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION, AWS_ENDPOINT_URL and AWS_CA_BUNDLE, the password of
PostgreSQL from PGPASSWORD.
Exit codes: 0 all is there (with --every-seconds 0); 64 a destination is none; 72 something is not delivered; 143 stopped by SIGTERM.")]
pub struct Settings {
    /// Folder below which the runs lie
    #[arg(value_name = "DIR", required = true, env = "GALAPAGOS_RESULTS", hide_env_values = true)]
    pub results: PathBuf,
    /// Where the results go: a folder, s3://BUCKET/PREFIX or postgres://USER@HOST:PORT/DATABASE; more than one may be named, in
    /// the environment one
    #[arg(long, value_name = "DESTINATION", required = true, env = "GALAPAGOS_TO", hide_env_values = true)]
    pub to: Vec<String>,
    /// Seconds between two looks for new results; 0: look once and end
    #[arg(long, value_name = "N", default_value_t = 60, value_parser = clap::value_parser!(u64).range(0..=86_400), env = "GALAPAGOS_EVERY_SECONDS", hide_env_values = true)]
    pub every_seconds: u64,
}

/// Does it, once or until it is asked to leave.
///
/// # Errors
/// A destination is none, or, if it looks once, something is not delivered.
pub fn run(settings: &Settings, shell: &Shell) -> Result<(), Exit> {
    let wrong = |error: DeliveryError| Exit::new(Code::Spec, error);
    let to = settings.to.iter().map(|text| Ok(CatchUp::new(text.parse()?)));
    let mut all = to.collect::<Result<Vec<_>, DeliveryError>>().map_err(wrong)?;
    let metrics = DeliverMetrics::register(&shell.metrics);
    for one in &all {
        metrics.show(&To { to: one.name() });
    }
    let beat = shell.health.heartbeat("deliver", PATIENCE);
    shell.health.set_ready(true);
    let mut looked = Instant::now();
    loop {
        let begun = Instant::now();
        let pending = pass(settings, &mut all, shell, &metrics, &beat, &mut looked);
        if settings.every_seconds == 0 {
            return match pending {
                0 => Ok(()),
                _ => Err(Exit::new(Code::Internal, anyhow::anyhow!("{pending} deliveries are not done"))),
            };
        }
        let pause = Duration::from_secs(settings.every_seconds);
        while begun.elapsed() < pause && !shell.stop.is_asked() {
            beat.beat();
            std::thread::sleep(PAUSE);
        }
        if shell.stop.is_asked() {
            shell.health.set_ready(false);
            return Ok(());
        }
    }
}

/// One look at all destinations; how many deliveries are not done.
fn pass(
    settings: &Settings,
    all: &mut [CatchUp],
    shell: &Shell,
    metrics: &DeliverMetrics,
    beat: &Heartbeat,
    looked: &mut Instant,
) -> u64 {
    let folders = match below(&settings.results) {
        Ok(folders) => folders,
        // A volume before its first run.
        Err(DeliveryError::NoRun { .. }) => Vec::new(),
        Err(error) => {
            tracing::warn!(folder = %settings.results.display(), error = with_causes(&error), "no runs are found");
            for one in all {
                let to = To { to: one.name() };
                metrics.failures.get_or_create(&to).inc();
                // Nobody knows what waits, so that nobody has looked counts as waiting.
                metrics.lag_seconds.get_or_create(&to).set(looked.elapsed().as_secs_f64());
            }
            return 1;
        }
    };
    *looked = Instant::now();
    let mut pending = 0;
    for one in all {
        let to = To { to: one.name() };
        let standing =
            one.pass(&folders, &Beats(beat), &|| shell.stop.is_asked(), &mut |event| match event {
                Event::Delivered(run) => {
                    metrics.delivered.get_or_create(&to).inc();
                    let job = &run.document.job;
                    tracing::info!(
                        namespace = job.namespace,
                        job = job.name,
                        to = to.to,
                        digest = run.document.result_digest,
                        "delivered"
                    );
                }
                Event::Failed(error) => {
                    metrics.failures.get_or_create(&to).inc();
                    tracing::warn!(to = to.to, error = with_causes(&error), "not delivered");
                }
            });
        metrics.pending.get_or_create(&to).set(i64::try_from(standing.pending).unwrap_or(i64::MAX));
        metrics.lag_seconds.get_or_create(&to).set(standing.lag.as_secs_f64());
        pending += standing.pending;
        beat.beat();
    }
    pending
}

/// Shows that something moves.
struct Beats<'a>(&'a Heartbeat);

impl Watch for Beats<'_> {
    fn begins(&self, _: &str, _: u64) {
        self.0.beat();
    }

    fn advances(&self, _: u64) {
        self.0.beat();
    }
}
