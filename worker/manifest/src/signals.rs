//! Files of signals on a cluster, where nobody's folder is at hand.

use galapagos_crds::EvolutionJobSpec;
use galapagos_crds::conditions::StalledReason;

use crate::finding::Finding;

/// What a cluster lacks of the files of signals that strategies name: they are published with the dataset on its volume,
/// and pinned, so that every worker and every attempt reads the same.
pub fn unpublished(spec: &EvolutionJobSpec) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (i, strategy) in spec.strategies.iter().enumerate() {
        let Some(signals) = &strategy.signals else { continue };
        let (path, dataset) = (format!("spec.strategies[{i}].signals"), &spec.market_data.dataset);
        let import = |file: &str, name: &str| {
            format!(
                "publish it on the cluster's volume with `galapagos import-signals {file} --dataset {dataset} --name {name} \
                 --data-dir DIR`, which prints what stands here then"
            )
        };
        let finding = match (&signals.file, &signals.name, &signals.digest) {
            (Some(file), ..) => {
                let text = "a file beside the manifest is not on the cluster";
                Finding::invalid(format!("{path}.file"), text).advise(import(file, "NAME"))
            }
            (None, Some(name), None) => {
                let text = "a cluster reads one version of signals, so that all workers read the same";
                Finding::invalid(format!("{path}.digest"), text).advise(import("FILE", name))
            }
            _ => continue,
        };
        findings.push(finding.reason(StalledReason::InvalidStrategy));
    }
    findings
}
