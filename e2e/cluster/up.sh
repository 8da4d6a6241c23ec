#!/usr/bin/env bash
# Brings up a control plane and nodes on this machine. Prints the path of the kubeconfig; progress, and what to type to
# use the cluster, go to stderr.
# Node 1 carries the control plane and runs pods too. Builds what is missing first.
# Usage: up.sh [--nodes N]
source "$(dirname "$0")/lib.sh"
count=2
case "${1-} ${2-}" in
  " ") ;;
  "--nodes "[1-9]) count=$2 ;;
  *) fail "usage: up.sh [--nodes N], N from 1 to 9" ;;
esac
need_root
need $TO_RUN $TO_BUILD
lock

how_to_use() {
  say "to use it:"
  say "  export PATH=$BIN:\$PATH"
  say "  export KUBECONFIG=$KUBECONFIG_FILE"
  echo "$KUBECONFIG_FILE"
}

if is_up; then
  running=$(nodes | wc -l)
  [ "$running" = "$count" ] || fail "a cluster of $running nodes is up, $count were asked for: run $HERE/down.sh first"
  "$HERE/status.sh" >&2 || fail "the cluster is up but not healthy: run $HERE/down.sh, then this again"
  how_to_use
  exit
fi

"$HERE/build.sh" 9>&-
[ ! -e "/sys/class/net/$BRIDGE" ] || fail "the link $BRIDGE exists: a cluster with another state folder is up; run $HERE/down.sh with its GALAPAGOS_CLUSTER_STATE"
for net in "$GATEWAY/24" "$POD_NETS" "$SERVICE_NET"; do
  taken=$(ip -4 route show root "$net"; ip -4 route show match "$net" | grep -v '^default' || true)
  [ -z "$taken" ] || fail "addresses of the cluster ($net) are in use on this machine: $taken"
done

"$HERE/down.sh" --quiet # what a machine that stopped left behind
start=$(date +%s%N)
at() { printf '%5.1f s  %s\n' "$((($(date +%s%N) - start) / 100000000))e-1" "$1" >&2; }
given_up() {
  tail -n 5 "$LOG"/*.log "$LOG"/*/*.log >&2 2>/dev/null || true
  "$HERE/down.sh" --quiet
  say "error: the cluster did not come up; its logs are in $LOG"
}
trap 'given_up' EXIT

rm -rf "$LOG"
mkdir -p "$LOG" "$RUN" "$STATE/shared"
chmod 700 "$STATE/run"
chmod 1777 "$STATE/shared"
for name in $SYSCTLS; do echo "$name=$(sysctl -n "$name" 2>/dev/null || true)"; done | grep -v '=$' >"$RUN/sysctls" || true
for point in $MOUNT_POINTS; do
  [ -d "$point" ] || { mkdir -p "$point"; echo "$point" >>"$RUN/mount-points"; }
done
echo "$count" >"$RUN/nodes"
(umask 077 && "$HERE/certs.sh" "$count")

ip link add "$BRIDGE" type bridge
ip addr add "$GATEWAY/24" dev "$BRIDGE"
ip link set "$BRIDGE" up
ip route add "$SERVICE_NET" via "$API_IP" # Services answer on this machine too: node 1 translates
for i in $(nodes); do
  ip route add "$(pod_net "$i")" via "$(node_ip "$i")"
  "$HERE/start-node.sh" "$i" --no-wait
done

till 60 api_ready
at "API server ready"
till 30 kubectl get clusterrole system:kube-dns # the last of what the API server makes itself
kubectl apply -f "$HERE/manifests/dns.yaml" >/dev/null
for i in $(nodes); do
  till 60 kubectl get node "node$i"
  kubectl wait --for=condition=Ready "node/node$i" --timeout=120s >/dev/null
done
at "nodes ready"
kubectl -n kube-system wait --for=condition=Available deploy/coredns --timeout=120s >/dev/null
till 30 kubectl -n default get serviceaccount default
at "names resolve"
trap - EXIT
how_to_use
