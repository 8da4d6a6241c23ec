//! Puts the parts together: client, caches, leadership, and while this replica leads, the controllers.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use futures::FutureExt;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use tokio::sync::{mpsc, watch};

use crate::certificates::Ca;
use crate::context::{Clock, Context};
use crate::controllers;
use crate::event_recorder::EventRecorder;
use crate::memory::Memory;
use crate::metrics::Metrics;
use crate::names::OPERATOR;
use crate::origin::Maker;
use crate::progress::Hub;
use crate::runtime::ids::Namespace;
use crate::runtime::kube_io::KubeIo;
use crate::runtime::leader::{self, Candidate, Fence, KubeLease};
use crate::runtime::watches::{self as watching, Health, Pulse};
use crate::settings::Settings;
use crate::watches::{self, Caches, Triggers};
use crate::{http, signals};

/// Where a pod finds its namespace.
const NAMESPACE_FILE: &str = "/var/run/secrets/kubernetes.io/serviceaccount/namespace";
/// Threads of the runtime: everything waits for the network.
const THREADS: usize = 2;
/// How long the authority is asked for before it is tried anew.
const AGAIN: Duration = Duration::from_secs(2);
/// What events that have happened get to be told when the operator is stopped.
const LAST_EVENTS: Duration = Duration::from_millis(500);

/// Runs the operator until it is told to stop.
///
/// # Errors
/// There is no cluster to talk to, an address is taken, or a watch ended.
pub fn run(settings: Settings) -> anyhow::Result<()> {
    // One provider for everything that speaks TLS here; a second call finds it set.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(THREADS).enable_all().build()?;
    let ended = runtime.block_on(async {
        let stopped = signals::listen().context("signals")?;
        let client = client(&settings).await?;
        operate(settings, client, stopped).await
    });
    runtime.shutdown_timeout(Duration::from_millis(500));
    ended
}

/// Runs the operator on a client until `stopped` turns true.
///
/// # Errors
/// An address is taken, or a watch ended.
pub async fn operate(
    mut settings: Settings,
    client: Client,
    stopped: watch::Receiver<bool>,
) -> anyhow::Result<()> {
    let own_namespace = own_namespace(&settings)?;
    settings.own_namespace = Some(own_namespace.to_string());
    let identity = leader::identity(&name(&settings));
    let metrics = Arc::new(Metrics::new());
    let pulse = Pulse::new();
    let health = Health::new(pulse.clone(), metrics.runtime.clone());
    let triggers = Triggers::new();
    let watching =
        watching::Settings { namespace: settings.namespace.clone(), ..watching::Settings::default() };
    let (caches, mut watches) = watches::start(&client, &watching, &triggers, &health);
    let fence = Fence::closed();
    let (leading, leads) = watch::channel(false);
    let serving = http::serve(settings.http_address, health.clone(), Arc::clone(&metrics));
    let serving = serving.await.with_context(|| format!("--http-address {}", settings.http_address))?;
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        identity,
        namespaces = settings.namespace.as_deref().unwrap_or("all"),
        http = %settings.http_address,
        "operator"
    );
    let store = KubeLease::new(client.clone(), OPERATOR, &own_namespace, &settings.lease_name);
    let candidate =
        Candidate { identity, fence: fence.clone(), leading, pulse, metrics: metrics.runtime.clone() };
    let (give_up, given_up) = watch::channel(false);
    let electing = tokio::spawn(leader::run(store, candidate, signals::asked(given_up)));
    // One of their own: what waits for an event to be told waits for nothing else.
    let recording = KubeIo::new(client.clone(), OPERATOR, fence.clone(), metrics.runtime.clone());
    let (events, recording) = EventRecorder::new(recording, metrics.runtime.clone());
    let lead = Lead {
        io: KubeIo::new(client, OPERATOR, fence.clone(), metrics.runtime.clone()),
        events,
        fence,
        caches,
        triggers,
        health,
        settings,
        metrics,
        own_namespace,
    };
    let recording = tokio::spawn(recording);
    let mut leading = std::pin::pin!(lead.whenever(leads).fuse());
    let ended = tokio::select! {
        () = signals::asked(stopped) => Ok(()),
        why = watches.ended() => Err(anyhow::anyhow!(why)),
        () = &mut leading => Ok(()),
        () = serving => Err(anyhow::anyhow!("the HTTP server ended")),
    };
    // What happened is told, what is in flight ends, then the lease is given back.
    let give_back = async {
        let _ = tokio::time::timeout(LAST_EVENTS, lead.events.all_recorded()).await;
        give_up.send_replace(true);
        let _ = electing.await;
    };
    let working = async {
        leading.await;
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = give_back => {}
        () = working => {}
    }
    recording.abort();
    ended
}

/// What a leader needs.
struct Lead {
    io: KubeIo,
    events: EventRecorder,
    fence: Fence,
    caches: Caches,
    triggers: Triggers,
    health: Health,
    settings: Settings,
    metrics: Arc<Metrics>,
    own_namespace: Namespace,
}

impl Lead {
    /// Runs the controllers whenever this replica leads.
    async fn whenever(&self, mut leads: watch::Receiver<bool>) {
        loop {
            if leads.wait_for(|&leads| leads).await.is_err() {
                return;
            }
            let mut lost = leads.clone();
            let mut leading = std::pin::pin!(self.lead());
            tokio::select! {
                () = &mut leading => {}
                _ = lost.wait_for(|&leads| !leads) => {
                    // Nothing new passes the fence; what is in flight ends, or is cut off by it.
                    tokio::select! {
                        () = &mut leading => {}
                        () = self.fence.drained() => {}
                    }
                }
            }
            self.health.in_trouble(None);
            self.metrics.leads_no_more();
        }
    }

    /// Controls, as long as it is not dropped.
    async fn lead(&self) {
        self.caches.filled().await;
        let ca = loop {
            match Ca::load_or_create(&self.io, &self.own_namespace).await {
                Ok(ca) => break Arc::new(ca),
                Err(error) => {
                    tracing::error!(namespace = self.own_namespace.as_str(), %error, "the authority of certificates");
                    self.health.in_trouble(Some(format!("no authority to sign certificates: {error}")));
                    tokio::time::sleep(AGAIN).await;
                }
            }
        };
        self.health.in_trouble(None);
        let (news, mut told) = mpsc::unbounded_channel();
        let triggers = self.triggers.clone();
        let memory = Memory::new();
        let context = Arc::new(Context {
            events: self.events.clone(),
            hub: Hub::new(ca.clone(), news, &memory.all),
            maker: Maker::new(self.own_namespace.clone(), ca.fingerprint()),
            io: self.io.clone(),
            caches: self.caches.clone(),
            triggers: self.triggers.clone(),
            ca,
            settings: self.settings.clone(),
            metrics: Arc::clone(&self.metrics),
            memory,
            clock: Clock::default(),
            since: Instant::now(),
        });
        let pass_on = async move {
            while let Some(job) = told.recv().await {
                triggers.jobs.send(job);
            }
        };
        tokio::select! {
            () = controllers::run(context) => {}
            () = pass_on => {}
        }
    }
}

async fn client(settings: &Settings) -> anyhow::Result<Client> {
    let mut config = match &settings.kubeconfig {
        Some(file) => {
            let read =
                Kubeconfig::read_from(file).with_context(|| format!("--kubeconfig {}", file.display()))?;
            Config::from_custom_kubeconfig(read, &KubeConfigOptions::default()).await?
        }
        None => Config::infer()
            .await
            .context("no cluster: run in a pod, set $KUBECONFIG, or give --kubeconfig")?,
    };
    // A watch is silent between bookmarks; requests have deadlines of their own.
    config.read_timeout = None;
    Ok(Client::try_from(config)?)
}

fn own_namespace(settings: &Settings) -> anyhow::Result<Namespace> {
    let given = settings.own_namespace.clone();
    let namespace = given.or_else(|| std::fs::read_to_string(NAMESPACE_FILE).ok());
    match namespace.and_then(|text| Namespace::new(text.trim())) {
        Some(namespace) => Ok(namespace),
        None => bail!("outside a pod --own-namespace must say where the operator's lease and authority lie"),
    }
}

fn name(settings: &Settings) -> String {
    let host = || std::fs::read_to_string("/proc/sys/kernel/hostname").ok().map(|h| h.trim().to_owned());
    settings.identity.clone().or_else(host).unwrap_or_else(|| "operator".to_owned())
}
