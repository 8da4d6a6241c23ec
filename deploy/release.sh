#!/usr/bin/env bash
# Makes a release in this clone: writes the version where it stands, closes the changelog's section, builds image and chart
# with checksums into target/release-VERSION/, commits and tags. Sends nothing anywhere.
# Usage: release.sh VERSION
set -euo pipefail
cd "$(dirname "$0")/.."
version=${1:-}
[[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$ ]] || { echo "error: which version? make release VERSION=0.2.0" >&2; exit 2; }
[ -z "$(git status --porcelain)" ] || { echo "error: the working tree has changes: commit them first" >&2; exit 2; }
! git rev-parse -q --verify "refs/tags/v$version" >/dev/null || { echo "error: the tag v$version is there already" >&2; exit 2; }
grep -q '^## Unreleased' CHANGELOG.md || { echo "error: CHANGELOG.md has no section Unreleased" >&2; exit 2; }
helm=$(source e2e/cluster/lib.sh && echo "$BIN/helm")
[ -x "$helm" ] || helm=$(command -v helm) || { echo "error: helm is missing: make cluster-build, or install it" >&2; exit 2; }
# What compiles for 64-bit Arm, before anything is written.
(source e2e/arm64.sh) || exit 2
old=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1)
cargo=${CARGO:-cargo}
out=$(realpath -m "${CARGO_TARGET_DIR:-target}/release-$version")

trap 'echo "error: no release was made: git restore . takes back what was written" >&2' ERR
# What names the version: the workspace, the chart, the kustomizations and the page that quotes an image.
files=(Cargo.toml charts/galapagos/Chart.yaml deploy/kustomize docs/operator.md)
escaped=${old//./\\.}
grep -rlE "(^version|^appVersion|/version|newTag|galapagos):? ?=? ?\"?$escaped" "${files[@]}" \
  | xargs sed -Ei "s/((^version|^appVersion|\/version|newTag|galapagos):? ?=? ?\"?)$escaped/\1$version/"
sed -i "0,/^## Unreleased\(.*\)/s//## Unreleased\n\n## $version\1, $(date -u +%F)/" CHANGELOG.md
"$cargo" update --quiet --workspace --offline

rm -rf "$out"
mkdir -p "$out"
for arch in amd64 arm64; do
  GALAPAGOS_IMAGE_PROFILE=release GALAPAGOS_IMAGE_ARCH=$arch \
    e2e/cluster/image.sh "$out/galapagos-$version-$arch.tar" "galapagos:$version"
done
"$helm" package charts/galapagos --destination "$out" >&2
(cd "$out" && sha256sum -- * > SHA256SUMS)

git commit --quiet --all --message "Release $version"
git tag --annotate "v$version" --message "Galapagos $version"
echo "$out"
cat "$out/SHA256SUMS"
