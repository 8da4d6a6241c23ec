#!/usr/bin/env bash
# Kills one node as a power cut does: all its processes end at once, nothing is said to anybody. start-node.sh brings
# it back.
# Usage: kill-node.sh NODE
source "$(dirname "$0")/lib.sh"
[[ ${1:-} =~ ^[1-9]$ && $# = 1 ]] || fail "usage: kill-node.sh NODE"
need_root
lock
pid=$(node_pid "$1") || fail "node$1 does not run"
kill -KILL "$pid"
gone() { [ ! -e "/proc/$pid" ]; } # after every process inside
till 30 gone
rm -f "$RUN/node$1.pid"
say "node$1 is dead"
