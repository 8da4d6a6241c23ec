//! Faults of a cluster that go away again, whatever becomes of the case: each is mended when it is dropped.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::jiff::Timestamp;
use serde_json::{Value, json};

use super::cluster::{cluster, give_to_pods, text};
use super::operator;

/// From when to when the operator lacked a right, as the audit log writes times.
static WITHHELD: Mutex<Vec<(String, String)>> = Mutex::new(Vec::new());

/// A resource that the operator may not see.
pub struct Withheld {
    rules: Value,
    since: String,
}

impl Withheld {
    /// Takes all rights to a resource from the operator's role.
    pub fn new(resource: &str) -> Withheld {
        let since = Timestamp::now().to_string();
        let role = text(cluster().kubectl().args(["get", "clusterrole", operator::NAME, "-o", "json"]));
        let all = serde_json::from_str::<Value>(&role).unwrap()["rules"].take();
        let mut left = all.as_array().unwrap().clone();
        for rule in &mut left {
            rule["resources"].as_array_mut().unwrap().retain(|named| named != resource);
        }
        left.retain(|rule| rule["resources"] != json!([]));
        assert_ne!(json!(left), all, "the operator has no right to {resource}");
        grant(&json!(left));
        Withheld { rules: all, since }
    }
}

fn grant(rules: &Value) {
    let patch = json!({"rules": rules}).to_string();
    text(cluster().kubectl().args(["patch", "clusterrole", operator::NAME, "--type=merge", "-p", &patch]));
}

impl Drop for Withheld {
    fn drop(&mut self) {
        grant(&self.rules);
        let mut all = WITHHELD.lock().unwrap_or_else(PoisonError::into_inner);
        // What was under way is refused a moment later.
        let until = Timestamp::from_second(Timestamp::now().as_second() + 2).unwrap();
        all.push((self.since.clone(), until.to_string()));
    }
}

/// Whether a right was withheld from the operator at a time of the audit log.
pub fn was_withheld(at: &str) -> bool {
    let all = WITHHELD.lock().unwrap_or_else(PoisonError::into_inner);
    all.iter().any(|(since, until)| (since.as_str()..until.as_str()).contains(&at))
}

/// An admission policy of somebody who will have no status of one job.
pub struct Policy(String);

impl Policy {
    /// Refuses every new status of the job.
    pub fn new(namespace: &str, job: &str) -> Policy {
        let policy = Policy(namespace.to_owned());
        let kind = |kind: &str, spec: Value| {
            json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": kind,
                   "metadata": {"name": namespace}, "spec": spec})
        };
        let what = json!({"apiGroups": ["galapagos.dev"], "apiVersions": ["*"], "operations": ["UPDATE"],
                          "resources": ["evolutionjobs/status"], "resourceNames": [job]});
        cluster().apply(&kind(
            "ValidatingAdmissionPolicy",
            json!({
                "matchConstraints": {"resourceRules": [what]},
                "validations": [{"expression": "false", "message": "no status for this one"}],
            }),
        ));
        let there = json!({"matchLabels": {"kubernetes.io/metadata.name": namespace}});
        cluster().apply(&kind(
            "ValidatingAdmissionPolicyBinding",
            json!({"policyName": namespace, "validationActions": ["Deny"], "matchResources": {"namespaceSelector": there}}),
        ));
        policy
    }
}

impl Drop for Policy {
    fn drop(&mut self) {
        for kind in ["validatingadmissionpolicybinding", "validatingadmissionpolicy"] {
            text(cluster().kubectl().args(["delete", "--ignore-not-found", kind, &self.0]));
        }
    }
}

/// A folder of the state that pods can read and not write.
pub struct Unwritable(PathBuf);

impl Unwritable {
    /// Takes the folder from the user that pods run as.
    pub fn new(folder: &Path) -> Unwritable {
        text(Command::new("chown").args(["-R", "0:0"]).arg(folder));
        Unwritable(folder.to_owned())
    }
}

impl Drop for Unwritable {
    fn drop(&mut self) {
        give_to_pods(&self.0);
    }
}

/// Somebody who takes nearly all the memory that a container may have.
pub struct Hog(Child);

impl Hog {
    /// A process in the memory group of a container that leaves it about `left` bytes of its limit.
    pub fn new(pod: &Pod, container: &str, left: u64) -> Hog {
        let group = memory_group(pod, container).expect("a container that runs has a group");
        let number = |names: [&str; 2]| {
            let found = names.iter().find_map(|name| std::fs::read_to_string(group.join(name)).ok());
            found.and_then(|text| text.trim().parse::<u64>().ok()).expect("a limit and what is used")
        };
        let limit = number(["memory.limit_in_bytes", "memory.max"]);
        let used = number(["memory.usage_in_bytes", "memory.current"]);
        // A line without an end is held whole until it ends, which is when somebody reads it.
        let script = r#"echo $$ >"$0/cgroup.procs" && { head -c "$1" /dev/zero | tail -n 1 | sleep 600; }"#;
        let mut command = Command::new("sh");
        command.args(["-c", script]).arg(&group).arg((limit - used - left).to_string());
        // A group of its own, so that all of it ends together.
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        Hog(command.stdin(Stdio::null()).spawn().unwrap())
    }
}

impl Drop for Hog {
    fn drop(&mut self) {
        text(Command::new("kill").args(["-9", "--", &format!("-{}", self.0.id())]));
        self.0.wait().unwrap();
    }
}

/// Kills the processes of a container as the kernel does that is short of memory: none can say goodbye. One that has ended
/// meanwhile is no trouble.
pub fn kill_processes(pod: &Pod, container: &str) {
    let group = memory_group(pod, container);
    let processes = group.and_then(|group| std::fs::read_to_string(group.join("cgroup.procs")).ok());
    for process in processes.unwrap_or_default().lines() {
        drop(Command::new("kill").args(["-9", process]).output().unwrap());
    }
}

/// The folder of the kernel's group that counts the memory of a container that runs.
fn memory_group(pod: &Pod, container: &str) -> Option<PathBuf> {
    let status = pod.status.as_ref()?;
    let all =
        status.init_container_statuses.iter().flatten().chain(status.container_statuses.iter().flatten());
    let id = all.filter(|c| c.name == container).find_map(|c| c.container_id.clone())?;
    let id = id.rsplit('/').next().unwrap().to_owned();
    let root = Path::new("/sys/fs/cgroup");
    let root = if root.join("memory").is_dir() { root.join("memory") } else { root.to_owned() };
    let found = text(Command::new("find").arg(root).args(["-type", "d", "-name", &format!("*{id}*")]));
    found.lines().next().map(PathBuf::from)
}
