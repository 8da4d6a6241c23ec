#!/usr/bin/env bash
# Finds the program that judges dashboards by Grafana's schema and prints its path: main.go beside this file, built once into the
# cache that the cluster's programs lie in. Ends with 3 if the machine has no Go, or cannot build it.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
source "$here/../cluster/lib.sh"
mkdir -p "$BIN" "$CACHE/stamps"
exec 9>"$CACHE/grafana.lock"
flock 9 # tests run side by side

lacks() { echo "error: $1" >&2; exit 3; }

schema=$BIN/grafana-schema
stamp=$(cat "$here"/main.go "$here"/go.{mod,sum} | sha256sum | cut -d' ' -f1)
if ! [ -x "$schema" ] || [ "$(cat "$CACHE/stamps/grafana" 2>/dev/null)" != "$stamp" ]; then
  type -P go >/dev/null || debian golang
  type -P go >/dev/null || lacks "no Go, with which Grafana's schema is built: install the Debian package golang"
  say "building the judge of dashboards: half a minute of processor time"
  (cd "$here" && CGO_ENABLED=0 go build -mod=readonly -buildvcs=false -trimpath -ldflags "-s -w" -o "$schema.new" .) >&2 ||
    lacks "the judge of dashboards cannot be built"
  mv "$schema.new" "$schema"
  echo "$stamp" >"$CACHE/stamps/grafana"
fi
echo "$schema"
