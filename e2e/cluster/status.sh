#!/usr/bin/env bash
# Tells how the cluster is. Ends with 0 if every node runs and is Ready and names resolve, else with 1.
source "$(dirname "$0")/lib.sh"
is_up || { echo "no cluster is up"; exit 1; }
healthy=0
report() { # TEXT COMMAND...
  if "${@:2}" >/dev/null 2>&1; then echo "$1: ok"; else echo "$1: NOT OK"; healthy=1; fi
}
quickly() { timeout 10 "$BIN/kubectl" --kubeconfig "$KUBECONFIG_FILE" "$@"; }
report "API server $API" api_ready
for i in $(nodes); do
  report "node$i process" node_pid "$i"
  report "node$i Ready" quickly wait --for=condition=Ready "node/node$i" --timeout=5s
done
report "DNS" quickly -n kube-system wait --for=condition=Available deploy/coredns --timeout=5s
echo "KUBECONFIG=$KUBECONFIG_FILE"
exit $healthy
