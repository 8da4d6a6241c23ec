//! What the installation gives to people, and what it keeps them from.

use galapagos_e2e::program;

use crate::harness::cluster::cluster;
use crate::harness::{Space, case};

#[test]
fn who_may_edit_a_namespace_may_edit_jobs_and_pools_in_it_and_who_may_view_it_may_read_them() {
    case("people", async |space: &Space| {
        for (role, writes) in [("view", false), ("edit", true), ("admin", true)] {
            let (binding, user) = (format!("people-{role}"), format!("someone-who-may-{role}"));
            let bind = ["create", "rolebinding", &binding, &format!("--clusterrole={role}")];
            space.kubectl(&[bind.as_slice(), &[&format!("--user={user}")]].concat());
            let may = |verb: &str, what: &str, more: &[&str]| {
                let asked = ["auth", "can-i", verb, what, "--as", &user];
                // The answer no is an exit code too.
                let output =
                    cluster().kubectl().args(["-n", &space.namespace]).args(asked).args(more).output();
                String::from_utf8_lossy(&output.unwrap().stdout).trim() == "yes"
            };
            for kind in ["evolutionjobs.galapagos.dev", "workerpools.galapagos.dev"] {
                assert!(may("list", kind, &[]), "{role} {kind}");
                assert_eq!(may("create", kind, &[]), writes, "{role} {kind}");
                assert!(!may("patch", kind, &["--subresource=status"]), "{role} {kind}");
            }
            assert_eq!(may("patch", "workerpools.galapagos.dev", &["--subresource=scale"]), writes, "{role}");
        }
    });
}

#[test]
fn a_second_release_over_the_same_namespaces_is_refused() {
    case("second", async |space: &Space| {
        let chart = program::root().join("charts/galapagos");
        let install = |more: &[&str]| {
            let mut helm = cluster().helm();
            helm.args(["install", "second"]).arg(&chart).args(["--namespace", &space.namespace]);
            helm.args(["--dry-run=server", "--set", "crds.install=false"]).args(more).output().unwrap()
        };
        let refused = install(&[]);
        let said = String::from_utf8_lossy(&refused.stderr);
        assert!(
            !refused.status.success() && said.contains("galapagos-operator runs jobs of the same"),
            "{said}"
        );
        let known_better = install(&["--set", "allowSecondOperator=true"]);
        assert!(known_better.status.success(), "{}", String::from_utf8_lossy(&known_better.stderr));
    });
}
