#!/usr/bin/env bash
# Compiles the workspace for 64-bit Arm on an x86-64 machine and runs there, under emulation, the tests whose digests are
# the same on every processor. Installs what is missing where it may: the Rust target, and as root the Debian packages.
# Ends with 3 if the machine lacks something still.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/.."
cargo=${CARGO:-cargo}
target=aarch64-unknown-linux-gnu
packages="gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user"

is_ready() { command -v aarch64-linux-gnu-gcc >/dev/null && command -v qemu-aarch64 >/dev/null; }
if ! is_ready && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  # shellcheck disable=SC2086
  timeout 180 apt-get install -y -qq --no-install-recommends $packages >&2 || true
fi
is_ready || { echo "error: missing the Debian packages $packages. Install them and run this again" >&2; exit 3; }
if ! rustc --print target-libdir --target $target 2>/dev/null | xargs -r test -d; then
  rustup target add $target || {
    echo "error: the Rust target $target is missing: rustup target add $target" >&2
    exit 3
  }
fi

export CC_aarch64_unknown_linux_gnu=aarch64-linux-gnu-gcc
export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc
export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER="qemu-aarch64 -L /usr/aarch64-linux-gnu"
"$cargo" check --locked --workspace --target $target
"$cargo" test --locked --workspace --target $target --test golden --test libm_bits
