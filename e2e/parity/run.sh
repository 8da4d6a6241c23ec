#!/usr/bin/env bash
# Compares back-tests of many random genomes with other back-testers, live.
# Usage: run.sh PATH/TO/galapagos [--genomes N] [--seed S]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
bin=$(realpath "${1:?usage: run.sh PATH/TO/galapagos}")
shift
python="$("$here/venv.sh")/bin/python"
"$python" "$here/vectors.py" --check
"$python" "$here/signals.py" --galapagos "$bin"
"$python" "$here/open_results.py" --galapagos "$bin"
# What make ratios demands before it times anything; the figures of a program that is not optimised mean nothing.
"$python" "$here/ratios.py" --galapagos "$bin" --quick --case stops --case daily >/dev/null
exec "$python" "$here/parity.py" --galapagos "$bin" "$@"
