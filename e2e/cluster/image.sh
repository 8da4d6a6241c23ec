#!/usr/bin/env bash
# Builds the product's one image without a daemon: the static programs galapagos-operator and galapagos-worker, FROM
# scratch, no shell, user 65532. Prints the path of the tar; progress goes to stderr.
# GALAPAGOS_IMAGE_PROFILE: cargo profile, `release` unless set. With `dev`, for tests, the programs are those that the
# other tests have compiled (`cargo test --workspace --no-run`), with the C libraries of this machine beside them: nothing
# is compiled for the image alone.
# GALAPAGOS_IMAGE_ARCH: the processor, amd64 unless set, or arm64, which is compiled across (e2e/arm64.sh).
# Usage: image.sh [OUT.tar [IMAGE:TAG]]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
repository=$(cd "$here/../.." && pwd)
profile=${GALAPAGOS_IMAGE_PROFILE:-release}
arch=${GALAPAGOS_IMAGE_ARCH:-amd64}
build=$(realpath -m "${CARGO_TARGET_DIR:-$repository/target}")
target=() programs=$build/$profile suffix=
case $arch in
  amd64) ;;
  arm64)
    [ "$profile" != dev ] || { echo "error: the programs of the tests are for this machine: build arm64 with another profile" >&2; exit 2; }
    # shellcheck source=e2e/arm64.sh
    source "$here/../arm64.sh"
    target=(--target "$ARM64") programs=$build/$ARM64/$profile suffix=-arm64
    ;;
  *) echo "error: GALAPAGOS_IMAGE_ARCH is $arch: allowed are amd64 and arm64" >&2; exit 2 ;;
esac
out=$(realpath -m "${1:-$build/image/galapagos$suffix.tar}")
name=${2:-galapagos:dev}

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
chmod 755 "$root"
install -d -m1777 "$root/tmp"

# Only the last step is told to be static: libraries and compiler macros are those of every other build with this
# profile, so a CI run compiles them once. A static glibc needs nothing beside it: it has files and DNS built in since
# 2.34. Roots of trust for https are compiled in.
program() { # PACKAGE, whose program has the same name
  if [ "$profile" = dev ]; then
    strip -o "$root/$1" "$build/debug/$1"
    for library in $(ldd "$build/debug/$1" | grep -o '/[^ ]*'); do install -D -m755 "$library" "$root$library"; done
    return
  fi
  (cd "$repository" && "${CARGO:-cargo}" rustc --locked --profile "$profile" "${target[@]}" -p "$1" --bin "$1" -- \
    -C target-feature=+crt-static -C strip=symbols) >&2
  local built=$programs/$1
  ! readelf -l "$built" | grep INTERP >&2 || { echo "error: $1 is not static" >&2; exit 1; }
  # A name of its own: the next ordinary build puts a dynamic program in its place.
  install -m755 "$built" "$root/$1"
}
program galapagos-operator
program galapagos-worker

mkdir -p "$(dirname "$out")"
"$here/pack.sh" "$out" "$name" 65532:65532 "$root" /galapagos-operator >&2

size=$(stat -c %s "$out")
echo "$((size / 1000)) kB" >&2
[ "$size" -lt 30000000 ] || [ "$profile" != release ] || { echo "error: the image must stay below 30 MB" >&2; exit 1; }
echo "$out"
