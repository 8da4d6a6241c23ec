#!/usr/bin/env bash
# Brings the cluster up and down in a row and fails if anything of it stays on the machine.
# Usage: cycle.sh [TIMES [--check | --kill]]
source "$(dirname "$0")/lib.sh"
need_root
! is_up || fail "a cluster is up: run $HERE/down.sh first"
"$HERE/build.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# What the cluster could leave: everything but files below the cache.
machine() {
  echo "== mounts"; cut -d' ' -f2- /proc/self/mountinfo | cut -d' ' -f2- | sort
  echo "== links"; ip -o link show | awk '{print $2}' | sort
  echo "== addresses"; ip -o addr show | awk '{print $2, $4}' | sort
  echo "== routes"; ip route show table all | sed "s/ expires [^ ]*//" | sort
  echo "== packet filter"; nft list ruleset
  echo "== network namespaces"; ls /run/netns 2>/dev/null || true
  echo "== cgroups"; find /sys/fs/cgroup -type d | sort
  echo "== sysctls"; sysctl $SYSCTLS 2>/dev/null
  echo "== mount points"; ls -d $MOUNT_POINTS 2>/dev/null || true
  echo "== processes of nodes, and what started them"
  for process in /proc/[0-9]*; do
    command=$(tr '\0' ' ' 2>/dev/null <"$process/cmdline") || continue
    case $command in
      *"/node.sh $STATE "*) echo "$command" ;;
      *"$BIN/"* | *"$STATE/"* | /pause* | /probe* | /coredns*)
        # The same programs may run outside of nodes, for somebody else.
        [ "$(readlink "$process/ns/pid")" = "$(readlink /proc/self/ns/pid)" ] || echo "$command"
        ;;
    esac
  done
}

machine >"$work/before"
for n in $(seq 1 "${1:-3}"); do
  start=$(date +%s%N)
  "$HERE/up.sh" >/dev/null 2>"$work/up" || { cat "$work/up" >&2; exit 1; }
  up=$(date +%s%N)
  case ${2:-} in
    --check) "$HERE/check.sh" ;;
    --kill) "$HERE/check.sh" --kill ;;
  esac
  checked=$(date +%s%N)
  "$HERE/down.sh" --quiet
  down=$(date +%s%N)
  machine >"$work/after"
  diff "$work/before" "$work/after" || fail "the cluster left something behind (above)"
  echo "$n: up $(((up - start) / 1000000)) ms, down $(((down - checked) / 1000000)) ms, nothing left"
done
