#!/usr/bin/env bash
# Starts one node of the cluster that is up, as a machine that boots: its disk is as it was. Returns when it is Ready.
# Usage: start-node.sh NODE [--no-wait]
source "$(dirname "$0")/lib.sh"
i=${1:-}
[[ $i =~ ^[1-9]$ && ${2:---no-wait} = --no-wait ]] || fail "usage: start-node.sh NODE [--no-wait]"
need_root
lock
is_up || fail "no cluster is up: run $HERE/up.sh"
nodes | grep -qx "$i" || fail "the cluster has $(cat "$RUN/nodes") nodes, not $i"
if node_pid "$i" >/dev/null; then say "node$i runs already"; exit; fi

link=$LINK$i
ip link del "$link" 2>/dev/null || true # the one of a killed node goes a moment after it

# --kill-child: the node ends with unshare, however that ends.
GALAPAGOS_CLUSTER_CACHE=$CACHE GALAPAGOS_CLUSTER_STATE=$STATE \
  setsid env -u CLUSTER_LOCKED unshare --mount --net --pid --uts --ipc --fork --kill-child --mount-proc \
  "$HERE/node.sh" "$STATE" "$i" "$(cat "$RUN/nodes")" >"$LOG/node$i.log" 2>&1 </dev/null 9>&- &
parent=$!

in_its_own_network() {
  pid=$(cat "/proc/$parent/task/$parent/children")
  pid=${pid% }
  [ -n "$pid" ] && [ "$(readlink "/proc/$pid/ns/net")" != "$(readlink /proc/self/ns/net)" ] &&
    tr '\0' ' ' <"/proc/$pid/cmdline" | grep -q "/node.sh $STATE $i "
}
till 10 in_its_own_network
echo "$pid" >"$RUN/node$i.pid"
ip link add "$link" type veth peer name eth0 netns "$pid"
ip link set "$link" master "$BRIDGE" up
[ $# = 1 ] || exit 0

till 60 api_ready
till 60 in_node "$i" /usr/bin/env curl -sf http://127.0.0.1:10248/healthz
kubectl wait --for=condition=Ready "node/node$i" --timeout=120s >&2
