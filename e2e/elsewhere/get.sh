#!/usr/bin/env bash
# Finds what results are delivered to in tests: MinIO, which speaks S3, and the programs of PostgreSQL; prints the path of the
# first and the folder of the second, one a line. Makes what is missing where it may: MinIO out of minio/go.mod, into the cache
# that the cluster's programs lie in; PostgreSQL as root, with apt-get. Ends with 3 if the machine lacks one still.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
source "$here/../debian.sh"
source "$here/../cluster/lib.sh"
mkdir -p "$BIN" "$CACHE/stamps"
exec 9>"$CACHE/elsewhere.lock"
flock 9 # tests run side by side

lacks() { echo "error: no $1" >&2; exit 3; }

minio=$BIN/minio
stamp=$(cat "$here"/minio/go.{mod,sum} | sha256sum | cut -d' ' -f1)
if ! [ -x "$minio" ] || [ "$(cat "$CACHE/stamps/minio" 2>/dev/null)" != "$stamp" ]; then
  type -P go >/dev/null || lacks "MinIO: install Go, with which it is built"
  say "building MinIO: about three minutes of processor time"
  (cd "$here/minio" && CGO_ENABLED=0 go build -mod=readonly -buildvcs=false -trimpath -ldflags "-s -w" -o "$minio.new" github.com/minio/minio) >&2 ||
    lacks "MinIO: it cannot be built"
  mv "$minio.new" "$minio"
  echo "$stamp" >"$CACHE/stamps/minio"
fi

# The newest that is here: Debian keeps several side by side, none of them on the path.
postgres() { printf '%s\n' /usr/lib/postgresql/*/bin/postgres | sort -V | tail -1; }
[ -x "$(postgres)" ] || debian postgresql
[ -x "$(postgres)" ] || lacks "PostgreSQL: install the Debian package postgresql"

echo "$minio"
dirname "$(postgres)"
