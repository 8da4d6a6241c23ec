#!/usr/bin/env bash
# Compares speed with numba loops, vectorbt, backtesting.py and polars, all in one run on this machine; results must be equal first.
# Usage: ratios.sh PATH/TO/galapagos [--quick] [--case NAME] [--write PAGE] ...
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
bin=$(realpath "${1:?usage: ratios.sh PATH/TO/galapagos}")
shift
exec "$("$here/venv.sh")/bin/python" "$here/ratios.py" --galapagos "$bin" "$@"
