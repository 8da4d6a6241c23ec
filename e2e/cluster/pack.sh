#!/usr/bin/env bash
# Packs a folder as an image (FROM scratch, one layer, OCI layout in a tar) without a daemon. The same folder gives the
# same bytes.
# GALAPAGOS_IMAGE_ARCH: the processor that the programs are for, amd64 unless set.
# Usage: pack.sh OUT.tar IMAGE:TAG USER FOLDER ENTRYPOINT [NAME=VALUE ...]
set -euo pipefail
[ $# -ge 5 ] || { echo "usage: pack.sh OUT.tar IMAGE:TAG USER FOLDER ENTRYPOINT [NAME=VALUE ...]" >&2; exit 2; }
arch=${GALAPAGOS_IMAGE_ARCH:-amd64}
out=$1 ref=$2 user=$3 root=$4 entrypoint=$5
shift 5

# containerd keeps images under full references. What a short name in a manifest stands for is fixed by convention.
case $ref in
  localhost/* | *.*/* | *:*/*) ;;
  */*) ref=docker.io/$ref ;;
  *) ref=docker.io/library/$ref ;;
esac

env='"PATH=/"'
for variable in "$@"; do env+=",\"$variable\""; done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/blobs/sha256"
pack() { tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -C "$1" -cf "$2" "${@:3}"; }
# blob FILE: files it under its digest and prints that. size DIGEST: its bytes.
blob() {
  local digest
  digest=$(sha256sum "$1" | cut -d' ' -f1)
  mv "$1" "$work/blobs/sha256/$digest"
  echo "$digest"
}
size() { stat -c %s "$work/blobs/sha256/$1"; }

pack "$root" "$work/layer" .
unpacked=$(sha256sum "$work/layer" | cut -d' ' -f1)
# Without name and time, so that the same folder gives the same bytes.
gzip -n9 "$work/layer"
layer=$(blob "$work/layer.gz")

cat >"$work/config" <<J
{"architecture":"$arch","os":"linux","config":{"User":"$user","Env":[$env],"Entrypoint":["$entrypoint"]},
"rootfs":{"type":"layers","diff_ids":["sha256:$unpacked"]},"history":[{"created":"1970-01-01T00:00:00Z","created_by":"pack.sh"}]}
J
config=$(blob "$work/config")

oci=application/vnd.oci.image
cat >"$work/manifest" <<J
{"schemaVersion":2,"mediaType":"$oci.manifest.v1+json",
"config":{"mediaType":"$oci.config.v1+json","digest":"sha256:$config","size":$(size "$config")},
"layers":[{"mediaType":"$oci.layer.v1.tar+gzip","digest":"sha256:$layer","size":$(size "$layer")}]}
J
manifest=$(blob "$work/manifest")

cat >"$work/index.json" <<J
{"schemaVersion":2,"mediaType":"$oci.index.v1+json","manifests":[
{"mediaType":"$oci.manifest.v1+json","digest":"sha256:$manifest","size":$(size "$manifest"),"platform":{"architecture":"$arch","os":"linux"},
"annotations":{"io.containerd.image.name":"$ref","org.opencontainers.image.ref.name":"${ref##*:}"}}]}
J
echo '{"imageLayoutVersion":"1.0.0"}' >"$work/oci-layout"
pack "$work" "$out" oci-layout index.json blobs
echo "$out $ref sha256:$manifest"
