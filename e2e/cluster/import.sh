#!/usr/bin/env bash
# Imports images onto all nodes that run. Pods then need imagePullPolicy Never or IfNotPresent.
# Usage: import.sh TAR...
source "$(dirname "$0")/lib.sh"
[ $# -gt 0 ] || fail "usage: import.sh TAR..."
need_root
is_up || fail "no cluster is up: run $HERE/up.sh"
for tar in "$@"; do
  tar=$(realpath -e "$tar")
  for i in $(nodes); do
    node_pid "$i" >/dev/null || { say "node$i does not run: left out"; continue; }
    in_node "$i" "$BIN/ctr" -n k8s.io images import --local "$tar" >"$LOG/import.log" 2>&1 || fail "node$i does not take $tar: $(tail -n 3 "$LOG/import.log")"
  done
  say "imported $tar"
done
