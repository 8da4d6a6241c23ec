#!/usr/bin/env bash
# Runs the tests of the operator on a real cluster of this machine, and sets up everything they need: the programs, the
# image, the cluster with both. Takes the cluster down again if it was not up before; GALAPAGOS_KEEP_CLUSTER=1 leaves it.
# Usage: run.sh [ARGUMENT...]   arguments of the test program: part of a test's name, --nocapture, ...
#   GALAPAGOS_IMAGE_PROFILE   cargo profile of the image: dev unless set, which the other tests have compiled already
#   GALAPAGOS_E2E_THREADS     tests at a time: 3 unless set
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/.."
cargo=${CARGO:-cargo}
export GALAPAGOS_IMAGE_PROFILE=${GALAPAGOS_IMAGE_PROFILE:-dev}
images=$(realpath -m "${CARGO_TARGET_DIR:-target}/image")
threads=${GALAPAGOS_E2E_THREADS:-3}
state=$(source "$here/cluster/lib.sh" && echo "$STATE")

end() {
  local status=$?
  if [ "$ours" = yes ] && [ "${GALAPAGOS_KEEP_CLUSTER:-}" != 1 ]; then
    "$here/cluster/down.sh" || status=1
    rm -rf "$state"/shared/e2e-*
  else
    echo "the cluster stays up: KUBECONFIG=$state/kubeconfig; e2e/cluster/down.sh takes it down" >&2
  fi
  [ "$status" = 0 ] || echo "logs of the cluster: $state/log" >&2
  exit "$status"
}

# What does not compile needs no cluster. With the whole workspace and with what tests depend on, as the other tests are
# built: cargo then compiles the libraries once.
"$cargo" test --locked --workspace --no-run
"$cargo" test --locked --workspace --features galapagos-e2e/kubernetes --test installation --test kubernetes --no-run
"$here/cluster/image.sh" "$images/galapagos.tar" galapagos:dev
# To upgrade to.
"$here/cluster/image.sh" "$images/galapagos-next.tar" galapagos:next

"$cargo" test --locked --workspace --features galapagos-e2e/kubernetes --test installation

ours=yes
! "$here/cluster/status.sh" >/dev/null || ours=no
trap 'end' EXIT
# What a machine that was switched off left of one is taken away first.
[ "$ours" = no ] || "$here/cluster/down.sh"
"$here/cluster/up.sh"
rm -rf "$state"/shared/e2e-*
"$here/cluster/import.sh" "$images/galapagos.tar" "$images/galapagos-next.tar"
"$cargo" test --locked --workspace --features galapagos-e2e/kubernetes --test kubernetes -- --test-threads "$threads" "$@"
