#!/usr/bin/env bash
# Compares the searchers with those of other packages on test functions and on landscapes of the sample data.
# Usage: run.sh PATH/TO/galapagos PATH/TO/EXAMPLE [--seeds N] [--minutes N] [--write PAGE] ...
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
bin=$(realpath "${1:?usage: run.sh PATH/TO/galapagos PATH/TO/EXAMPLE}")
example=$(realpath "${2:?usage: run.sh PATH/TO/galapagos PATH/TO/EXAMPLE}")
shift 2
python="$("$here/../parity/venv.sh" "$here")/bin/python"
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 PYTHONPATH="$here/../parity"
kept="${CARGO_TARGET_DIR:-$here/../../target}/quality-kept.tsv"
exec nice "$python" "$here/quality.py" --galapagos "$bin" --example "$example" --kept "$kept" "$@"
