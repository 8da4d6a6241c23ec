//! What is wrong with a pool, as far as it can be told before its templates are used. Everything else in them is
//! judged by the API server, whose answer becomes the condition.
#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

use galapagos_crds::conditions::StalledReason;
use galapagos_crds::pool::{Schemaless, Storage};
use k8s_openapi::api::core::v1::PersistentVolumeClaim;
use kube::ResourceExt;
use serde_json::{Map, Value};

use super::PoolFinding;
use super::observe::{Observed, claim_name};
use crate::labels::{MANAGED_BY, POOL};
use crate::names::{self, COORDINATOR, IMPORT, LOCAL_WORKER, OPERATOR, WORKER};

/// Volume sources that nobody can write to.
const READ_ONLY: [&str; 5] = ["image", "configMap", "secret", "projected", "downwardAPI"];

/// The first thing that is wrong.
///
/// # Errors
/// [`PoolFinding`].
pub fn validate(observed: &Observed) -> Result<(), PoolFinding> {
    let spec = &observed.pool.spec;
    let name = observed.pool.name_any();
    template("spec.template", &spec.template, WORKER, &[])?;
    template("spec.coordinatorTemplate", &spec.coordinator_template, COORDINATOR, &[IMPORT, LOCAL_WORKER])?;
    let claim = names::market_data_claim(&name);
    storage("spec.marketData", &spec.market_data, claim, observed.market_data.as_deref(), &name)?;
    if let Some(state) = &spec.state {
        storage("spec.state", state, names::state_claim(&name), observed.state.as_deref(), &name)?;
    }
    let (field, state) = match &spec.state {
        Some(state) => ("spec.state.volume", state),
        None => ("spec.marketData.volume", &spec.market_data),
    };
    writable(field, state)
}

fn invalid(message: String) -> PoolFinding {
    PoolFinding { reason: StalledReason::InvalidTemplate, message }
}

fn template(field: &str, template: &Schemaless, main: &str, init: &[&str]) -> Result<(), PoolFinding> {
    for (key, value) in &template.0 {
        match (key.as_str(), value) {
            ("metadata" | "spec", Value::Object(_) | Value::Null) => {}
            ("metadata" | "spec", _) => return Err(invalid(format!("{field}.{key} must be an object"))),
            _ => {
                return Err(invalid(format!(
                    "{field}.{key} is no field of a pod template: it has metadata and spec"
                )));
            }
        }
    }
    if let Some(Value::Object(metadata)) = template.0.get("metadata") {
        for key in ["labels", "annotations"] {
            texts(&format!("{field}.metadata.{key}"), metadata.get(key))?;
        }
    }
    let Some(Value::Object(spec)) = template.0.get("spec") else { return Ok(()) };
    containers(&format!("{field}.spec.containers"), spec, "containers", &[main])?;
    containers(&format!("{field}.spec.initContainers"), spec, "initContainers", init)
}

fn texts(field: &str, value: Option<&Value>) -> Result<(), PoolFinding> {
    match value {
        None | Some(Value::Null) => Ok(()),
        Some(Value::Object(map)) => match map.iter().find(|(_, v)| !v.is_string() && !v.is_null()) {
            Some((key, _)) => Err(invalid(format!("{field}: the value of {key} must be a string: quote it"))),
            None => Ok(()),
        },
        Some(_) => Err(invalid(format!("{field} must be an object"))),
    }
}

/// `ours`: names of containers that get an image from the operator.
fn containers(field: &str, spec: &Map<String, Value>, list: &str, ours: &[&str]) -> Result<(), PoolFinding> {
    let items = match spec.get(list) {
        None | Some(Value::Null) => return Ok(()),
        Some(Value::Array(items)) => items,
        Some(_) => return Err(invalid(format!("{field} must be a list"))),
    };
    let mut seen = Vec::new();
    for (i, item) in items.iter().enumerate() {
        let Some(container) = item.as_object() else {
            return Err(invalid(format!("{field}[{i}] must be an object")));
        };
        let Some(name) = container.get("name").and_then(Value::as_str).filter(|n| !n.is_empty()) else {
            return Err(invalid(format!("{field}[{i}] must have a name")));
        };
        if seen.contains(&name) {
            return Err(invalid(format!("{field}[{i}]: there are two containers {name}")));
        }
        seen.push(name);
        let has_image = container.get("image").is_some_and(Value::is_string);
        if !has_image && !ours.contains(&name) {
            let known = match ours {
                [] => String::new(),
                names => format!(", or call it {} to change that of Galapagos", names.join(" or ")),
            };
            return Err(invalid(format!("{field}[{i}]: container {name} has no image: give it one{known}")));
        }
    }
    Ok(())
}

fn storage(
    field: &str,
    storage: &Storage,
    made: String,
    found: Option<&PersistentVolumeClaim>,
    pool: &str,
) -> Result<(), PoolFinding> {
    if let Some(volume) = &storage.volume {
        let mut sources = volume.0.iter();
        match (sources.next(), sources.next()) {
            (Some((_, Value::Object(_))), None) => {}
            _ => {
                return Err(invalid(format!(
                    "{field}.volume must have one member, a volume source without a name"
                )));
            }
        }
        let is_claim = volume.0.contains_key("persistentVolumeClaim");
        if is_claim && claim_name(storage, String::new()).is_none_or(|n| n.is_empty()) {
            return Err(invalid(format!("{field}.volume.persistentVolumeClaim.claimName must name a claim")));
        }
    }
    let Some(claim) = claim_name(storage, made) else { return Ok(()) };
    let not_found = |message: String| Err(PoolFinding { reason: StalledReason::VolumeNotFound, message });
    let Some(found) = found else {
        return match storage.volume {
            // The operator is about to make it.
            None => Ok(()),
            Some(_) => not_found(format!(
                "{field}: there is no PersistentVolumeClaim {claim} in this namespace: create it, or name another"
            )),
        };
    };
    if found.metadata.deletion_timestamp.is_some() {
        return not_found(format!("{field}: the PersistentVolumeClaim {claim} is being deleted"));
    }
    if found.status.as_ref().and_then(|s| s.phase.as_deref()) == Some("Lost") {
        return not_found(format!("{field}: the PersistentVolumeClaim {claim} has lost its volume"));
    }
    let label = |key: &str| found.labels().get(key).map(String::as_str);
    if storage.volume.is_none() && (label(MANAGED_BY) != Some(OPERATOR) || label(POOL) != Some(pool)) {
        return Err(PoolFinding {
            reason: StalledReason::NameTaken,
            message: format!(
                "{field}: the PersistentVolumeClaim {claim} was made by somebody else: use it by volume, or delete it"
            ),
        });
    }
    Ok(())
}

/// Runs are written: their place must not be one that is read only by its kind.
fn writable(field: &str, storage: &Storage) -> Result<(), PoolFinding> {
    let Some((kind, source)) = storage.volume.as_ref().and_then(|v| v.0.iter().next()) else { return Ok(()) };
    let read_only = READ_ONLY.contains(&kind.as_str()) || source.get("readOnly") == Some(&Value::Bool(true));
    match read_only {
        true => Err(invalid(format!(
            "{field}.{kind} is read only, and coordinators write their runs there: set spec.state to a place that can be written"
        ))),
        false => Ok(()),
    }
}
