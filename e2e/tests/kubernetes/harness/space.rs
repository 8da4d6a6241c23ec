//! A namespace of one case: held to Pod Security `restricted`, with a volume, data on it, and what a case asks.

use std::io::Read;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use galapagos_crds::status::Phase;
use galapagos_crds::{EvolutionJob, WorkerPool};
use galapagos_e2e::scratch::{self, Scratch};
use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::core::v1::Pod;
use kube::api::{DeleteParams, ListParams, PropagationPolicy};
use kube::core::Status;
use kube::{Api, Client, Resource, ResourceExt};
use serde_json::{Value, json};

use super::cluster::{cluster, give_to_pods, said, text};
use super::manifests::with;
use super::reference::expected;
use super::wait::{Object, PATIENCE, has_done, is_in, status, until, until_all};
use super::witness::Witness;

/// Bars of the dataset.
const BARS: u32 = 150_000;

/// What a test has for itself.
pub struct Space {
    /// Its namespace.
    pub namespace: String,
    /// A client of an administrator.
    pub client: Client,
}

impl Space {
    /// Makes the namespace and the claim `market-data`, whose volume holds the dataset of the tests.
    pub async fn new(name: &str) -> Space {
        let random = tempfile::Builder::new().prefix("").rand_bytes(5).tempdir().unwrap();
        let suffix = random.path().file_name().unwrap().to_string_lossy().to_lowercase();
        let namespace = format!("e2e-{name}-{suffix}");
        let space = Space { client: cluster().client().await, namespace };
        space.make();
        space
    }

    fn make(&self) {
        let name = &self.namespace;
        let folder = self.folder();
        scratch::copy(&data().data(), &folder);
        give_to_pods(&folder);
        let claim = json!({"accessModes": ["ReadWriteMany"], "storageClassName": "", "volumeName": name,
                           "resources": {"requests": {"storage": "1Gi"}}});
        self.apply(&[
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": {
                "pod-security.kubernetes.io/enforce": "restricted",
            }}}),
            json!({"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": name}, "spec": {
                "capacity": {"storage": "1Gi"},
                "accessModes": ["ReadWriteMany"],
                "storageClassName": "",
                "claimRef": {"namespace": name, "name": "market-data"},
                "hostPath": {"path": folder, "type": "Directory"},
            }}),
            json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "market-data"},
                   "spec": claim}),
        ]);
    }

    /// Gives it back. The folder stays until the next run: pods that are still leaving write to it.
    pub fn leave(&self) {
        let gone = ["delete", "--wait=false", "--ignore-not-found"];
        for what in [["namespace", &self.namespace], ["persistentvolume", &self.namespace]] {
            text(cluster().kubectl().args(gone).args(what));
        }
    }

    /// The folder of its volume on this machine.
    pub fn folder(&self) -> PathBuf {
        cluster().shared(&self.namespace)
    }

    /// Publishes another walk under the name of the dataset: a newer version.
    pub fn publish_newer_data(&self) {
        data().walk(&self.folder(), BARS, 6);
        give_to_pods(&self.folder());
    }

    /// Objects of a kind.
    pub fn api<K>(&self) -> Api<K>
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope>,
    {
        Api::namespaced(self.client.clone(), &self.namespace)
    }

    /// Its jobs.
    pub fn jobs(&self) -> Api<EvolutionJob> {
        self.api()
    }

    /// Its pools.
    pub fn pools(&self) -> Api<WorkerPool> {
        self.api()
    }

    /// kubectl in this namespace; its output.
    #[track_caller]
    pub fn kubectl(&self, arguments: &[&str]) -> String {
        text(cluster().kubectl().args(["-n", &self.namespace]).args(arguments))
    }

    /// `kubectl get ... -w` in this namespace, from now on.
    pub fn watch(&self, arguments: &[&str]) -> Watching {
        let mut kubectl = cluster().kubectl();
        kubectl.args(["-n", &self.namespace, "get", "-w"]).args(arguments);
        Watching(kubectl.stdout(Stdio::piped()).spawn().unwrap())
    }

    /// kubectl in this namespace that must fail; what it says.
    #[track_caller]
    pub fn kubectl_refused(&self, arguments: &[&str]) -> String {
        let output = cluster().kubectl().args(["-n", &self.namespace]).args(arguments).output().unwrap();
        assert!(!output.status.success(), "{arguments:?} should fail: {}", said(&output));
        said(&output)
    }

    /// `kubectl apply` of objects, as people do it.
    #[track_caller]
    pub fn apply(&self, objects: &[Value]) {
        let (done, said) = self.try_apply(objects, &[]);
        assert!(done, "kubectl apply: {said}");
    }

    /// `kubectl apply` of objects that may be refused: whether it was done, and what was said.
    pub fn try_apply(&self, objects: &[Value], more: &[&str]) -> (bool, String) {
        use std::io::Write;
        let list = json!({"apiVersion": "v1", "kind": "List", "items": objects});
        let mut command = cluster().kubectl();
        command.args(["-n", &self.namespace, "apply", "-f", "-"]).args(more);
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(list.to_string().as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        (output.status.success(), said(&output))
    }

    /// Changes fields of a job by a JSON merge patch.
    #[track_caller]
    pub fn edit(&self, what: &str, patch: Value) {
        self.kubectl(&["patch", what, "--type=merge", "-p", &patch.to_string()]);
    }

    /// Sends an object to the API as it is, strictly checked. `verb`: POST makes it, PUT replaces it.
    pub async fn send(&self, verb: &str, object: &Value, dry_run: bool) -> Result<Value, Status> {
        let plural = format!("{}s", object["kind"].as_str().unwrap().to_lowercase());
        let mut path = format!("/apis/galapagos.dev/v1alpha1/namespaces/{}/{plural}", self.namespace);
        if verb == "PUT" {
            path = format!("{path}/{}", object["metadata"]["name"].as_str().unwrap());
        }
        let dry = if dry_run { "&dryRun=All" } else { "" };
        let request = http::Request::builder()
            .method(verb)
            .uri(format!("{path}?fieldValidation=Strict{dry}"))
            .header("content-type", "application/json")
            .body(object.to_string().into_bytes())
            .unwrap();
        match self.client.request::<Value>(request).await {
            Ok(object) => Ok(object),
            Err(kube::Error::Api(status)) => Err(*status),
            Err(other) => panic!("{verb} {path}: {other}"),
        }
    }

    /// Waits until a job is as it should be.
    pub async fn job_is(&self, name: &str, what: &str, is: impl Fn(&EvolutionJob) -> bool) -> EvolutionJob {
        self.job_is_within(name, PATIENCE, what, is).await
    }

    /// Waits until a job is as it should be. A job that has failed is not waited for.
    pub async fn job_is_within(
        &self,
        name: &str,
        limit: Duration,
        what: &str,
        is: impl Fn(&EvolutionJob) -> bool,
    ) -> EvolutionJob {
        let failed = is_in(Phase::Failed);
        let found = until(&self.jobs(), name, limit, what, |job| is(job) || failed(job)).await;
        assert!(is(&found), "{name} {what}, but it failed: {:#?}", status(&found).conditions);
        found
    }

    /// Waits for the result of a job and returns its digest. While its generations go on it may take its time: how long one
    /// takes differs between machines.
    pub async fn digest(&self, name: &str) -> String {
        let ended = is_in(Phase::Succeeded);
        let mut done = -1;
        loop {
            let goes_on = |job: &EvolutionJob| ended(job) || status(job).generation.is_some_and(|g| g > done);
            let job = self.job_is_within(name, 2 * PATIENCE, "succeeds", goes_on).await;
            if ended(&job) {
                return status(&job)
                    .provenance
                    .and_then(|p| p.result_digest)
                    .expect("a success has a digest");
            }
            done = status(&job).generation.unwrap_or(done);
        }
    }

    /// Ends a job to which nothing more is done, once it has shown that it goes on: it has found by then what one undisturbed
    /// process finds in as many generations. So a test lasts as long as what it does, however fast the machine is.
    pub async fn ends_as_undisturbed(&self, manifest: &Value) {
        let name = manifest["metadata"]["name"].as_str().unwrap();
        let done = status(&self.jobs().get(name).await.unwrap()).generation.unwrap_or_default();
        self.job_is(name, "goes on", has_done(done + 1)).await;
        self.edit(&format!("evojob/{name}"), json!({"spec": {"generations": 1}}));
        let digest = self.digest(name).await;
        let done = status(&self.jobs().get(name).await.unwrap()).generation;
        assert_eq!(digest, expected(&with(manifest.clone(), "/spec/generations", json!(done))), "{done:?}");
    }

    /// Waits until a job has failed for this reason, and returns the message.
    pub async fn failure(&self, name: &str, reason: &str) -> String {
        let job = until(&self.jobs(), name, PATIENCE, "fails", is_in(Phase::Failed)).await;
        let conditions = status(&job).conditions;
        let failed = conditions.iter().find(|c| c.type_ == "Failed" && c.status == "True").expect("a reason");
        assert_eq!(failed.reason, reason, "{}", failed.message);
        failed.message.clone()
    }

    /// Pods of a component of a job that are not on their way out.
    pub async fn pods(&self, job: &str, component: &str) -> Vec<Pod> {
        let labels = format!("galapagos.dev/job={job},app.kubernetes.io/component={component}");
        let pods = self.api::<Pod>().list(&ListParams::default().labels(&labels)).await.unwrap();
        pods.items.into_iter().filter(|p| p.metadata.deletion_timestamp.is_none()).collect()
    }

    /// Kills pods without a chance to say anything.
    pub async fn kill(&self, pods: &[Pod]) {
        for pod in pods {
            // One that has ended meanwhile is no trouble.
            drop(self.api::<Pod>().delete(&pod.name_any(), &DeleteParams::default().grace_period(0)).await);
        }
    }

    /// Deletes a job.
    pub async fn delete(&self, job: &str, propagation: PropagationPolicy) {
        let how = DeleteParams { propagation_policy: Some(propagation), ..DeleteParams::default() };
        self.jobs().delete(job, &how).await.unwrap();
    }

    /// Watches the pods of a label selector from now on.
    pub fn witness(&self, labels: &str) -> Witness {
        Witness::new(self.api(), labels)
    }

    /// Waits until so many objects of a label selector are left that are not on their way out.
    pub async fn are_left<K: Object + Resource<Scope = NamespaceResourceScope>>(
        &self,
        labels: &str,
        count: usize,
    ) {
        let is_there = |o: &&K| o.meta().deletion_timestamp.is_none();
        let what = format!("are {count}");
        until_all(&self.api::<K>(), labels, PATIENCE, &what, |all| {
            all.iter().filter(is_there).count() == count
        })
        .await;
    }

    /// Waits until no object of a label selector is left, not even on its way out.
    pub async fn none_left<K: Object + Resource<Scope = NamespaceResourceScope>>(&self, labels: &str) {
        until_all(&self.api::<K>(), labels, PATIENCE, "are gone", <[K]>::is_empty).await;
    }

    /// Names of all objects of a kind that the operator made for a job.
    pub async fn made<K: Object + Resource<Scope = NamespaceResourceScope>>(&self, job: &str) -> Vec<String> {
        let labels = ListParams::default().labels(&format!("galapagos.dev/job={job}"));
        self.api::<K>().list_metadata(&labels).await.unwrap().iter().map(ResourceExt::name_any).collect()
    }
}

/// A kubectl that watches.
pub struct Watching(Child);

impl Watching {
    /// Ends it; what it has shown.
    pub fn end(mut self) -> String {
        self.0.kill().unwrap();
        let mut text = String::new();
        self.0.stdout.take().unwrap().read_to_string(&mut text).unwrap();
        self.0.wait().unwrap();
        text
    }
}

/// The dataset of the tests: a random walk, imported once by the real command.
pub fn data() -> &'static Scratch {
    static DATA: OnceLock<Scratch> = OnceLock::new();
    DATA.get_or_init(|| {
        let scratch = lasting();
        scratch.walk(&scratch.data(), BARS, 5);
        scratch
    })
}

/// A folder for as long as the tests run, which takes it away with the volumes.
pub fn lasting() -> Scratch {
    Scratch::inside(&cluster().shared("e2e-lasting"))
}
