#!/usr/bin/env bash
# Prints speed ratios to numba and vectorbt, all measured in one run on this machine.
# Usage: ratios.sh PATH/TO/galapagos [--bars N] [--population N]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
bin=$(realpath "${1:?usage: ratios.sh PATH/TO/galapagos}")
shift
exec "$("$here/venv.sh")/bin/python" "$here/ratios.py" --galapagos "$bin" "$@"
