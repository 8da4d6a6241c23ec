//! Arguments of the operator. Every flag is an environment variable too, so that a pod template can set it.

use std::net::SocketAddr;

use clap::{Parser, ValueEnum};

/// What is shown below `--help`.
const EXAMPLES: &str = "\
Examples:
  galapagos-operator --image registry.example/galapagos:0.1.0            in a pod: both kinds, all namespaces
  galapagos-operator --namespace research --image galapagos:0.1.0        one namespace, no ClusterRole needed
  galapagos-operator --kubeconfig ~/.kube/config --own-namespace galapagos --identity laptop --image galapagos:dev

Exit codes: 0 after SIGTERM or SIGINT; 1 something it cannot run without is missing. A second signal ends it at once.";

/// Runs EvolutionJobs: watches both kinds, plans workers, makes pods, reports status.
#[derive(Clone, Debug, Parser)]
#[command(name = "galapagos-operator", version, about, max_term_width = 110, after_help = EXAMPLES, args_override_self = true)]
pub struct Settings {
    /// Watch this namespace only; no ClusterRole is needed then
    #[arg(long, env = "GALAPAGOS_NAMESPACE", value_name = "NAMESPACE")]
    pub namespace: Option<String>,
    /// Where the operator's lease and authority lie; absent: the namespace of its pod
    #[arg(long, env = "POD_NAMESPACE", value_name = "NAMESPACE")]
    pub own_namespace: Option<String>,
    /// Name of this replica in the lease; absent: the host's name
    #[arg(long, env = "POD_NAME", value_name = "NAME")]
    pub identity: Option<String>,
    /// Name of the lease by which replicas choose their leader
    #[arg(long, env = "GALAPAGOS_LEASE_NAME", default_value = "galapagos-operator", value_name = "NAME")]
    pub lease_name: String,
    /// Image of coordinators and workers whose pool names none
    #[arg(long, env = "GALAPAGOS_IMAGE", value_name = "IMAGE")]
    pub image: String,
    /// Pull policy of that image; absent: the cluster's usual one
    #[arg(long, env = "GALAPAGOS_IMAGE_PULL_POLICY", value_enum, value_name = "POLICY")]
    pub image_pull_policy: Option<PullPolicy>,
    /// Address of /live, /ready and /metrics
    #[arg(long, env = "GALAPAGOS_HTTP_ADDRESS", default_value = "0.0.0.0:8080", value_name = "ADDRESS")]
    pub http_address: SocketAddr,
    /// Namespace that may read the metrics of coordinators and workers; absent: none
    #[arg(long, env = "GALAPAGOS_METRICS_NAMESPACE", value_name = "NAMESPACE")]
    pub metrics_namespace: Option<String>,
    /// User id of coordinators and workers; 0: the cluster chooses (OpenShift)
    #[arg(long, env = "GALAPAGOS_RUN_AS_USER", default_value_t = 65532, value_name = "UID")]
    pub run_as_user: i64,
    /// Take pools that give their pods a service account, their node, or rights of root; and pools in the operator's own namespace
    #[arg(long, env = "GALAPAGOS_ALLOW_PRIVILEGED_TEMPLATES")]
    pub allow_privileged_templates: bool,
    /// Reconciles that run at the same time, of each kind
    #[arg(long, env = "GALAPAGOS_CONCURRENCY", default_value_t = 16, value_name = "N")]
    pub concurrency: u16,
    /// Cluster to talk to; absent: that of the pod, or $KUBECONFIG
    #[arg(long, value_name = "FILE")]
    pub kubeconfig: Option<std::path::PathBuf>,
    /// How log lines look; absent: text at a terminal, JSON elsewhere
    #[arg(long, env = "GALAPAGOS_LOG_FORMAT", value_enum, value_name = "FORMAT")]
    pub log_format: Option<LogFormat>,
    /// Which log lines are written: a level, or directives as in RUST_LOG
    #[arg(long, env = "GALAPAGOS_LOG_LEVEL", default_value = "info", value_name = "LEVEL")]
    pub log_level: String,
}

/// When an image is pulled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "PascalCase")]
pub enum PullPolicy {
    /// At every start.
    Always,
    /// If the node does not have it.
    IfNotPresent,
    /// Never.
    Never,
}

impl PullPolicy {
    /// The name in pod templates.
    pub fn as_str(self) -> &'static str {
        match self {
            PullPolicy::Always => "Always",
            PullPolicy::IfNotPresent => "IfNotPresent",
            PullPolicy::Never => "Never",
        }
    }
}

/// How a log line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// For people.
    Text,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_of_the_arguments_is_consistent() {
        Settings::command().debug_assert();
    }

    #[test]
    fn pull_policies_are_spelt_as_in_pod_templates() {
        for policy in PullPolicy::value_variants() {
            let parsed =
                Settings::try_parse_from(["x", "--image", "i", "--image-pull-policy", policy.as_str()]);
            assert_eq!(parsed.unwrap().image_pull_policy, Some(*policy));
        }
    }
}
