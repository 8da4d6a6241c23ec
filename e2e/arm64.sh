# shellcheck shell=bash
# Sourced: what a build for 64-bit Arm on an x86-64 machine needs. Installs what is missing where it may: the Rust target,
# and as root the Debian packages. Ends with 3 if the machine lacks something still.
source "$(dirname "${BASH_SOURCE[0]}")/debian.sh"
ARM64=aarch64-unknown-linux-gnu
arm64_packages="gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user"

arm64_is_ready() { command -v aarch64-linux-gnu-gcc >/dev/null && command -v qemu-aarch64 >/dev/null; }
# shellcheck disable=SC2086
arm64_is_ready || debian $arm64_packages
arm64_is_ready || { echo "error: missing the Debian packages $arm64_packages. Install them and run this again" >&2; exit 3; }
if ! rustc --print target-libdir --target "$ARM64" 2>/dev/null | xargs -r test -d; then
  rustup target add "$ARM64" >&2 || {
    echo "error: the Rust target $ARM64 is missing: rustup target add $ARM64" >&2
    exit 3
  }
fi

export CC_aarch64_unknown_linux_gnu=aarch64-linux-gnu-gcc
export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc
export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER="qemu-aarch64 -L /usr/aarch64-linux-gnu"
