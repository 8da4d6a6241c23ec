#!/usr/bin/env bash
# Checks the cluster that is up: network between pods of all nodes, names, Services from pods and from this machine,
# shared volumes, Pod Security, the audit log. With --kill also that a node can be killed and come back (about a minute).
# Usage: check.sh [--kill]
source "$(dirname "$0")/lib.sh"
[ "${1:---kill}" = --kill ] || fail "usage: check.sh [--kill]"
need_root
is_up || fail "no cluster is up: run $HERE/up.sh"
namespace=cluster-check
shared=$STATE/shared/$namespace
last=$(nodes | tail -n 1)

# ok TEXT COMMAND...: the command must succeed within some seconds: rules of Services follow readiness with a delay.
ok() {
  local text=$1
  shift
  till 15 "$@" || fail "$text: $*: $("$@" 2>&1 | tail -n 3)"
  say "ok: $text"
}
in_pod() { timeout 10 "$BIN/kubectl" --kubeconfig "$KUBECONFIG_FILE" -n $namespace exec "$1" -- /probe "${@:2}"; }
pod() { kubectl -n $namespace get pods -l "app=$1" --field-selector "spec.nodeName=node$2" -o jsonpath='{.items[0].metadata.name}'; }
pod_ip() { kubectl -n $namespace get pod "$1" -o jsonpath='{.status.podIP}'; }
rolled_out() { for set in web client; do kubectl -n $namespace rollout status "daemonset/$set" --timeout=60s >/dev/null; done; }
prints() { [ "$("${@:2}")" = "$1" ]; }
http() { curl -sf --max-time 3 "http://$1"; }
no_name() { ! in_pod "$1" lookup "$2"; }

end() { kubectl delete namespace,persistentvolume $namespace --ignore-not-found --timeout=60s >/dev/null; rm -rf "$shared"; }
trap 'end' EXIT
install -d -m1777 "$shared"
sed "s|@SHARED@|$STATE/shared|" "$HERE/manifests/check.yaml" | kubectl apply -f - >/dev/null
rolled_out

network() {
  local from to server
  for from in $(nodes); do
    client=$(pod client "$from")
    for to in $(nodes); do
      server=$(pod web "$to")
      ok "node$from reaches a pod of node$to" prints "$server" in_pod "$client" get "$(pod_ip "$server"):8080"
    done
    ok "node$from reaches a Service by short name" in_pod "$client" get web:80
    ok "node$from reaches a Service by full name" in_pod "$client" get web.$namespace.svc.cluster.local:80
    ok "node$from is told that a name does not exist" no_name "$client" no-such-name.$namespace.svc.cluster.local
  done
  ok "this machine reaches a pod" http "$(pod_ip "$(pod web "$last")"):8080"
  ok "this machine reaches a Service" http "$(kubectl -n $namespace get service web -o jsonpath='{.spec.clusterIP}')"
}
network

in_pod "$(pod client 1)" write /shared/note "from node1" >/dev/null
ok "node$last reads what node1 wrote" prints "from node1" in_pod "$(pod client "$last")" read /shared/note
ok "this machine reads it too" prints "from node1" cat "$shared/note"
ok "pods write as user 65532" prints 65532 stat -c %u "$shared/note"

refused() { # `kubectl run` fails, as it should
  (kubectl -n $namespace run privileged --image=localhost/probe:e2e --privileged 2>&1 || true) | grep 'violates PodSecurity "restricted:latest"'
}
ok "a privileged pod is refused" refused
ok "the audit log tells who made the namespace" grep -qE "\"verb\":\"(create|patch)\".*\"username\":\"admin\".*\"resource\":\"namespaces\".*\"name\":\"$namespace\"" "$LOG/audit.log"

if [ $# = 1 ]; then
  [ "$last" != 1 ] || fail "--kill needs two nodes"
  "$HERE/kill-node.sh" "$last"
  kubectl wait --for=condition=Ready=Unknown "node/node$last" --timeout=90s >/dev/null
  say "ok: a killed node is NotReady"
  "$HERE/start-node.sh" "$last" >/dev/null
  ok "the node is Ready again" prints True kubectl get node "node$last" -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status}'
  rolled_out
  network
fi
