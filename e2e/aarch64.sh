#!/usr/bin/env bash
# Compiles the workspace for 64-bit Arm on an x86-64 machine and runs there, under emulation, the tests whose digests are
# the same on every processor. Ends with 3 if the machine lacks something.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/.."
cargo=${CARGO:-cargo}
# shellcheck source=e2e/arm64.sh
source "$here/arm64.sh"
"$cargo" check --locked --workspace --target "$ARM64"
"$cargo" test --locked --workspace --target "$ARM64" --test golden --test libm_bits
