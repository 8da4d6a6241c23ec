#!/usr/bin/env bash
# Builds the product's one image without a daemon: the static programs galapagos-operator and galapagos-worker, FROM
# scratch, no shell, user 65532. Prints the path of the tar; progress goes to stderr.
# GALAPAGOS_IMAGE_PROFILE: cargo profile, `release` unless set.
# Usage: image.sh [OUT.tar [IMAGE:TAG]]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
repository=$(cd "$here/../.." && pwd)
profile=${GALAPAGOS_IMAGE_PROFILE:-release}
target=x86_64-unknown-linux-gnu
# Other flags than the tests' make other libraries: a folder of their own keeps both.
build=$(realpath -m "${CARGO_TARGET_DIR:-$repository/target}")/image
out=$(realpath -m "${1:-$build/galapagos.tar}")
name=${2:-galapagos:dev}

# With --target, the flags reach the programs but not the macros that the compiler loads.
# No host name resolution library is loaded at run time: glibc has files and dns built in since 2.34. Roots of trust for
# https are compiled in.
(
  cd "$repository"
  export CARGO_PROFILE_RELEASE_STRIP=symbols CARGO_PROFILE_RELEASE_DEBUG=false
  RUSTFLAGS="-C target-feature=+crt-static" CARGO_TARGET_DIR=$build "${CARGO:-cargo}" build --locked --profile "$profile" --target $target \
    -p galapagos-operator --bin galapagos-operator -p galapagos-worker --bin galapagos-worker
) >&2

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
chmod 755 "$root"
install -d -m1777 "$root/tmp"
folder=$profile
[ "$profile" != dev ] || folder=debug
for program in galapagos-operator galapagos-worker; do
  built=$build/$target/$folder/$program
  ! readelf -l "$built" | grep -q INTERP || { echo "error: $program is not static" >&2; exit 1; }
  install -m755 "$built" "$root/$program"
done
mkdir -p "$(dirname "$out")"
"$here/pack.sh" "$out" "$name" 65532:65532 "$root" /galapagos-operator >&2

size=$(stat -c %s "$out")
echo "$((size / 1000)) kB" >&2
[ "$size" -lt 25000000 ] || [ "$profile" != release ] || { echo "error: the image must stay below 25 MB" >&2; exit 1; }
echo "$out"
