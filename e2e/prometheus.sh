#!/usr/bin/env bash
# Finds Prometheus and promtool and prints their paths, one a line; installs the Debian package where that may be done (as root,
# with apt-get). Ends with 3 if the machine lacks them still.
set -euo pipefail
source "$(dirname "$0")/debian.sh"
found() { type -P prometheus && type -P promtool; }
found >/dev/null || debian prometheus
found || { echo "error: no Prometheus: install the Debian package prometheus" >&2; exit 3; }
