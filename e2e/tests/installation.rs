//! Chart and kustomization, as helm and kubectl render them: the same objects, and not one right too many.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::LazyLock;

use galapagos_e2e::program::root;
use serde_json::{Value, json};

/// Where helm and kubectl are, built first if they are missing.
static TOOLS: LazyLock<PathBuf> = LazyLock::new(|| {
    let script = "source e2e/cluster/lib.sh && e2e/cluster/build.sh >&2 && echo \"$BIN\"";
    let output = Command::new("bash").args(["-c", script]).current_dir(root()).output().unwrap();
    PathBuf::from(text(&output).trim())
});

fn text(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// All that the operator may do where jobs are: groups, resources, verbs.
const WHERE_JOBS_ARE: &[(&str, &[&str], &[&str])] = &[
    ("galapagos.dev", &["evolutionjobs", "workerpools"], &["list", "watch"]),
    ("galapagos.dev", &["evolutionjobs"], &["delete"]),
    ("galapagos.dev", &["evolutionjobs/status", "workerpools/status"], &["patch"]),
    ("batch", &["jobs"], &["create", "delete", "get", "list", "patch", "watch"]),
    ("apps", &["deployments"], &["create", "delete", "get", "list", "patch", "watch"]),
    ("", &["persistentvolumeclaims"], &["create", "get", "patch"]),
    ("", &["services"], &["create", "get", "list", "patch", "watch"]),
    ("networking.k8s.io", &["networkpolicies"], &["create", "get", "list", "patch", "watch"]),
    ("", &["pods"], &["list", "watch"]),
    ("", &["secrets"], &["create"]),
    // Why Kubernetes made no pod of a Job is told there alone.
    ("", &["events"], &["create", "list", "patch"]),
];

type Objects = BTreeMap<String, Value>;

/// Objects by kind and name.
fn objects(yaml: &str) -> Objects {
    let all: Vec<Value> = serde_yaml::from_multiple(yaml).unwrap();
    let name = |object: &Value| format!("{} {}", object["kind"], object["metadata"]["name"]).replace('"', "");
    all.into_iter().filter(|object| !object.is_null()).map(|object| (name(&object), object)).collect()
}

fn render(values: &[&str]) -> Output {
    let mut helm = Command::new(TOOLS.join("helm"));
    helm.args(["template", "galapagos", "charts/galapagos", "--namespace", "galapagos"]).current_dir(root());
    for value in values {
        helm.args(["--set", value]);
    }
    helm.output().unwrap()
}

fn chart(values: &[&str]) -> Objects {
    objects(&text(&render(values)))
}

fn kustomization(folder: &str) -> Objects {
    let mut kubectl = Command::new(TOOLS.join("kubectl"));
    objects(&text(&kubectl.args(["kustomize", folder]).current_dir(root()).output().unwrap()))
}

/// Without what says who installed it, and where its namespace comes from.
fn comparable(mut objects: Objects) -> Objects {
    objects.retain(|name, _| !name.starts_with("Namespace "));
    for object in objects.values_mut() {
        let is_crd = object["kind"] == "CustomResourceDefinition";
        let metadata = object["metadata"].as_object_mut().unwrap();
        if is_crd {
            metadata.remove("annotations");
        }
        if let Some(labels) = metadata.get_mut("labels").and_then(Value::as_object_mut) {
            labels.remove("helm.sh/chart");
            labels.remove("app.kubernetes.io/managed-by");
        }
        let said = object.to_string().replace("$(POD_NAMESPACE)", "galapagos");
        *object = serde_json::from_str(&said).unwrap();
    }
    objects
}

fn assert_same(chart: Objects, kustomization: Objects) {
    let (chart, kustomization) = (comparable(chart), comparable(kustomization));
    assert_eq!(chart.keys().collect::<Vec<_>>(), kustomization.keys().collect::<Vec<_>>());
    for (name, object) in chart {
        assert_eq!(object, kustomization[&name], "{name}: left the chart, right the kustomization");
    }
}

#[test]
fn chart_and_kustomization_install_the_same() {
    assert_same(chart(&[]), kustomization("deploy/kustomize"));
}

#[test]
fn chart_and_kustomization_install_the_same_for_one_namespace() {
    assert_same(
        chart(&["namespaced=true", "crds.install=false"]),
        kustomization("deploy/kustomize/namespaced"),
    );
}

#[test]
fn the_operator_may_do_what_is_written_here_and_nothing_more() {
    let rule = |(group, resources, verbs): &(&str, &[&str], &[&str])| json!({"apiGroups": [group], "resources": resources, "verbs": verbs});
    let where_jobs_are: Value = WHERE_JOBS_ARE.iter().map(rule).collect();
    let own = json!([
        {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["create"]},
        {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "resourceNames": ["galapagos-operator"],
         "verbs": ["get", "update"]},
        {"apiGroups": [""], "resources": ["secrets"], "verbs": ["create"]},
        {"apiGroups": [""], "resources": ["secrets"], "resourceNames": ["galapagos-ca"], "verbs": ["get"]},
    ]);
    for (objects, kind) in [(chart(&[]), "ClusterRole"), (chart(&["namespaced=true"]), "Role")] {
        assert_eq!(objects[&format!("{kind} galapagos-operator")]["rules"], where_jobs_are);
        assert_eq!(objects["Role galapagos-operator-own"]["rules"], own);
        let is_role = |name: &str| name.split(' ').next().unwrap().ends_with("Role");
        let is_for_people = |object: &Value| {
            let labels = object["metadata"]["labels"].as_object().unwrap();
            labels.keys().any(|label| label.contains("/aggregate-to-"))
        };
        let roles = objects.iter().filter(|(name, object)| is_role(name) && !is_for_people(object)).count();
        assert_eq!(roles, 2, "{:?}", objects.keys());
    }
}

/// The three roles that every cluster has collect what carries their label.
#[test]
fn who_may_view_or_edit_a_namespace_may_view_or_edit_the_kinds() {
    let objects = chart(&[]);
    let label = |role: &str| format!("rbac.authorization.k8s.io/aggregate-to-{role}");
    let verbs = |role: &str, resource: &str| -> BTreeSet<String> {
        let collected = objects.values().filter(|o| o["metadata"]["labels"][label(role)] == "true");
        let rules = collected.flat_map(|o| o["rules"].as_array().unwrap());
        let rules = rules.filter(|rule| rule["resources"].as_array().unwrap().contains(&json!(resource)));
        rules.flat_map(|r| r["verbs"].as_array().unwrap()).map(|v| v.as_str().unwrap().to_owned()).collect()
    };
    let of = |list: &[&str]| -> BTreeSet<String> { list.iter().map(|&v| v.to_owned()).collect() };
    let write = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
    for kind in ["evolutionjobs", "workerpools"] {
        assert_eq!(verbs("view", kind), of(&["get", "list", "watch"]));
        for role in ["edit", "admin"] {
            assert_eq!(verbs(role, kind), of(&write), "{role}");
            // Only the operator writes what it has seen.
            assert_eq!(verbs(role, &format!("{kind}/status")), of(&["get"]), "{role}");
        }
    }
    assert_eq!(verbs("edit", "workerpools/scale"), of(&["get", "patch", "update"]));
    let without =
        [chart(&["rbac.aggregate=false"]), chart(&["namespaced=true"]), chart(&["rbac.create=false"])];
    for objects in without {
        assert!(!objects.values().any(|o| o.to_string().contains("aggregate-to-")));
    }
}

#[test]
fn for_one_namespace_nothing_lies_outside_of_namespaces() {
    let objects = chart(&["namespaced=true", "watchNamespace=research", "crds.install=false"]);
    for (name, object) in &objects {
        assert!(object["metadata"]["namespace"].is_string(), "{name}");
    }
    assert_eq!(objects["Role galapagos-operator"]["metadata"]["namespace"], "research");
    assert_eq!(objects["Role galapagos-operator-own"]["metadata"]["namespace"], "galapagos");
    assert_eq!(objects["RoleBinding galapagos-operator"]["subjects"][0]["namespace"], "galapagos");
    let arguments =
        &objects["Deployment galapagos-operator"]["spec"]["template"]["spec"]["containers"][0]["args"];
    assert!(arguments.as_array().unwrap().contains(&json!("--namespace=research")), "{arguments}");
}

#[test]
fn the_kinds_of_the_chart_are_the_generated_ones() {
    for name in ["evolutionjobs.yaml", "workerpools.yaml"] {
        let read = |folder: &str| std::fs::read_to_string(root().join(folder).join(name)).unwrap();
        let same = read("charts/galapagos/files/crds") == read("crds/generated");
        assert!(same, "{name} differs: run crdgen --out charts/galapagos/files/crds");
    }
}

#[test]
fn the_kinds_outlive_the_release() {
    let objects = chart(&[]);
    let kinds = objects.values().filter(|object| object["kind"] == "CustomResourceDefinition");
    let kept: Vec<&Value> =
        kinds.map(|kind| &kind["metadata"]["annotations"]["helm.sh/resource-policy"]).collect();
    assert_eq!(kept, ["keep", "keep"]);
}

#[test]
fn the_cluster_may_choose_the_user() {
    let objects = chart(&["runAsUser=null"]);
    let pod = &objects["Deployment galapagos-operator"]["spec"]["template"]["spec"];
    assert_eq!(
        pod["securityContext"],
        json!({"runAsNonRoot": true, "seccompProfile": {"type": "RuntimeDefault"}})
    );
    assert!(pod["containers"][0]["args"].as_array().unwrap().contains(&json!("--run-as-user=0")));
}

#[test]
fn nothing_connects_to_the_operator_but_for_probes_and_metrics() {
    let policy = |values: &[&str]| chart(values)["NetworkPolicy galapagos-operator"]["spec"].clone();
    let port = json!([{"port": 8080, "protocol": "TCP"}]);
    let closed = policy(&[]);
    assert_eq!(
        (&closed["policyTypes"], &closed["ingress"]),
        (&json!(["Ingress"]), &json!([{"ports": port}]))
    );
    let operator = &chart(&[])["Deployment galapagos-operator"]["spec"]["template"]["metadata"]["labels"];
    assert_eq!(&closed["podSelector"]["matchLabels"], operator);
    let from = json!([{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}]);
    assert_eq!(policy(&["metrics.namespace=monitoring"])["ingress"], json!([{"ports": port, "from": from}]));
    assert!(!chart(&["networkPolicy.create=false"]).contains_key("NetworkPolicy galapagos-operator"));
}

#[test]
fn privileged_templates_are_allowed_by_nobody_but_the_installer() {
    let allows = |values: &[&str]| {
        let pod = chart(values)["Deployment galapagos-operator"]["spec"]["template"]["spec"].clone();
        pod["containers"][0]["args"].as_array().unwrap().contains(&json!("--allow-privileged-templates"))
    };
    assert!(!allows(&[]) && allows(&["allowPrivilegedTemplates=true"]));
}

#[test]
fn pods_of_jobs_run_the_image_of_the_operator() {
    let digest = format!("sha256:{}", "0".repeat(64));
    let objects = chart(&["image.repository=registry.example/g", &format!("image.digest={digest}")]);
    let container = &objects["Deployment galapagos-operator"]["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(container["image"], format!("registry.example/g@{digest}"));
    assert_eq!(container["env"][0], json!({"name": "GALAPAGOS_IMAGE", "value": container["image"]}));
}

#[test]
fn a_pool_comes_with_the_release_if_it_is_asked_for() {
    let claim = "pool.spec.marketData.volume.persistentVolumeClaim.claimName=data";
    let values = ["pool.create=true", "pool.namespace=research", claim, "pool.spec.maxWorkers=3"];
    let pool = chart(&values)["WorkerPool default"].clone();
    assert_eq!(pool["metadata"]["namespace"], "research");
    let own = chart(&["namespaced=true", "pool.create=true", claim])["WorkerPool default"].clone();
    assert_eq!(own["metadata"]["namespace"], "galapagos");
    assert_eq!(pool["spec"]["maxWorkers"], 3);
    assert_eq!(
        pool["spec"]["marketData"],
        json!({"volume": {"persistentVolumeClaim": {"claimName": "data"}}})
    );
}

const SERVED: [&str; 4] = [
    "serve.create=true",
    "serve.namespace=research",
    "serve.results={/data/galapagos/runs/research/stocks,fx=/data/galapagos/runs/research/fx#2}",
    "serve.data.persistentVolumeClaim.claimName=market-data",
];

#[test]
fn signals_are_served_if_that_is_asked_for_by_pods_without_any_right() {
    assert!(!chart(&[]).contains_key("Deployment galapagos-serve"));
    let objects = chart(&SERVED);
    let deployment = &objects["Deployment galapagos-serve"];
    assert_eq!(deployment["metadata"]["namespace"], "research");
    assert_eq!(deployment["spec"]["replicas"], 2);
    let pod = &deployment["spec"]["template"]["spec"];
    assert_eq!(pod["automountServiceAccountToken"], false);
    let container = &pod["containers"][0];
    assert_eq!(container["command"], json!(["/galapagos-worker"]));
    let arguments = container["args"].as_array().unwrap();
    assert_eq!(arguments[0], "serve");
    let last: Vec<&Value> = arguments.iter().rev().take(2).rev().collect();
    assert_eq!(last, ["/data/galapagos/runs/research/stocks", "fx=/data/galapagos/runs/research/fx#2"]);
    assert_eq!(container["volumeMounts"], json!([{"name": "data", "mountPath": "/data", "readOnly": true}]));
    let selector = &objects["Service galapagos-serve"]["spec"]["selector"];
    assert_eq!(selector, &deployment["spec"]["selector"]["matchLabels"]);
    assert_eq!(selector, &deployment["spec"]["template"]["metadata"]["labels"]);
    assert!(!objects.contains_key("HorizontalPodAutoscaler galapagos-serve"));
    // The operator's Service and policy leave these pods alone.
    assert_ne!(&objects["Service galapagos-operator-metrics"]["spec"]["selector"], selector);
    let scaled = chart(
        &[&SERVED[..], &["serve.autoscaling.create=true", "serve.state.emptyDir.sizeLimit=1Gi"]].concat(),
    );
    assert!(scaled["Deployment galapagos-serve"]["spec"]["replicas"].is_null(), "the autoscaler's to say");
    let scaler = &scaled["HorizontalPodAutoscaler galapagos-serve"]["spec"];
    assert_eq!((&scaler["minReplicas"], &scaler["maxReplicas"]), (&json!(2), &json!(10)));
    let mounts =
        &scaled["Deployment galapagos-serve"]["spec"]["template"]["spec"]["containers"][0]["volumeMounts"];
    assert_eq!(mounts[1]["mountPath"], "/state");
}

#[test]
fn the_example_of_served_signals_is_what_the_chart_makes() {
    let text = std::fs::read_to_string(root().join("deploy/examples/serve/signals.yaml")).unwrap();
    let example = objects(&text);
    let values = [
        &SERVED[..2],
        &[
            "serve.results={stocks=/data/galapagos/runs/research/stocks-import}",
            SERVED[3],
            "serve.autoscaling.create=true",
            "image.repository=galapagos",
            "image.tag=dev",
        ],
    ]
    .concat();
    let made = chart(&values);
    for kind in ["Deployment", "Service", "HorizontalPodAutoscaler"] {
        let (one, other) = (&example[&format!("{kind} signals")], &made[&format!("{kind} galapagos-serve")]);
        let spec = |object: &Value| object["spec"].to_string().replace("galapagos-serve", "signals");
        assert_eq!(spec(one), spec(other), "{kind}");
    }
}

#[test]
fn results_are_delivered_if_that_is_asked_for_by_one_pod_without_any_right() {
    assert!(!chart(&[]).contains_key("Deployment galapagos-deliver"));
    let values = [
        "deliver.create=true",
        "deliver.namespace=research",
        "deliver.to={s3://quants/galapagos,postgres://quant@db/results}",
        "deliver.secretName=destinations",
        "deliver.state.persistentVolumeClaim.claimName=default-state",
        "deliver.volumes[0].name=archive",
        "deliver.volumes[0].persistentVolumeClaim.claimName=archive",
    ];
    let objects = chart(&values);
    let deployment = &objects["Deployment galapagos-deliver"];
    assert_eq!(deployment["metadata"]["namespace"], "research");
    let pod = &deployment["spec"]["template"]["spec"];
    assert_eq!(pod["automountServiceAccountToken"], false);
    let container = &pod["containers"][0];
    let arguments = container["args"].as_array().unwrap();
    assert_eq!(arguments[..2], [json!("deliver"), json!("/state")]);
    let last: Vec<&Value> = arguments.iter().rev().take(2).rev().collect();
    assert_eq!(last, ["--to=s3://quants/galapagos", "--to=postgres://quant@db/results"]);
    assert_eq!(container["envFrom"], json!([{"secretRef": {"name": "destinations"}}]));
    assert_eq!(
        container["volumeMounts"][0],
        json!({"name": "state", "mountPath": "/state", "readOnly": true})
    );
    assert_eq!(container["volumeMounts"][1], json!({"name": "archive", "mountPath": "/archive"}));
    assert_eq!(pod["volumes"][1]["persistentVolumeClaim"]["claimName"], "archive");
}

#[test]
fn values_that_make_no_sense_are_refused() {
    let refused = [
        ("deliver.create=true", "deliver.to is missing"),
        ("deliver.create=true,deliver.to={/archive}", "deliver.state is missing"),
        // Values are no place for a password.
        ("deliver.to={postgres://quant:secret@db/results}", "to"),
        ("deliver.to={gs://quants}", "to"),
        ("serve.create=true", "serve.results is missing"),
        ("serve.create=true,serve.results={/data/x}", "serve.data is missing"),
        ("serve.maxAge=soon", "maxAge"),
        ("serve.results={--help}", "results"),
        ("runAsUser=0", "runAsUser"),
        ("replica=2", "replica"),
        ("image.pullPolicy=Sometimes", "pullPolicy"),
        ("watchNamespace=research", "namespaced: true"),
        ("pool.create=true", "pool.spec.marketData is missing"),
        (
            "pool.create=true,pool.spec.marketData.volume.image.reference=x",
            "pool.namespace must name another",
        ),
    ];
    for (value, why) in refused {
        let output = render(&[value]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && said.contains(why), "{value}: {said}");
    }
}
