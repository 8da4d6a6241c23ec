#!/usr/bin/env bash
# Takes the cluster down and leaves nothing of it but logs and the cache. Fine to run when none is up.
# Usage: down.sh [--quiet]
source "$(dirname "$0")/lib.sh"
[ "${1:---quiet}" = --quiet ] || fail "usage: down.sh [--quiet]"
need_root
lock

for file in "$RUN"/node*.pid; do
  [ -e "$file" ] || continue
  i=${file##*/node}
  ! node_pid "${i%.pid}" >/dev/null || "$HERE/kill-node.sh" "${i%.pid}" 2>/dev/null
done

# A link stays a moment after its node; the routes go with the bridge.
for link in $(ip -o link show | awk -F'[ :@]+' '{print $2}' | grep -E "^($BRIDGE|${LINK}[0-9]+)\$" || true); do
  ip link del "$link" 2>/dev/null || true
done
no_link() { ! ip -o link show | grep -qE " ($BRIDGE|${LINK}[0-9]+)[@:]"; }
till 10 no_link

# Empty, but the kernel may need a moment to see it.
no_cgroup() {
  find /sys/fs/cgroup -depth -type d -path "*/${CGROUP}[0-9]*" -exec rmdir {} + 2>/dev/null
  [ -z "$(find /sys/fs/cgroup -type d -path "*/${CGROUP}[0-9]*" -print -quit)" ]
}
till 10 no_cgroup

[ ! -e "$RUN/sysctls" ] || sysctl -qp "$RUN/sysctls" || say "warning: could not restore all of: $(tr '\n' ' ' <"$RUN/sysctls")"
[ ! -e "$RUN/mount-points" ] || xargs rmdir --ignore-fail-on-non-empty <"$RUN/mount-points" || true
rm -rf "$STATE"/{run,certs,etcd,shared,kubeconfig} "$STATE"/node[0-9]
[ $# = 1 ] || say "the cluster is down"
