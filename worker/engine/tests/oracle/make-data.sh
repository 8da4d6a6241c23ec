#!/bin/sh
# Makes the price files that the oracle records name, under the target folder, and checks their SHA-256.
# Needs python3 with venv and access to the usual Python package registry; does nothing when all is there.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
target=${CARGO_TARGET_DIR:-$here/../../../../target}
mkdir -p "$target"
target=$(cd "$target" && pwd)
data=$target/oracle-data
if python3 "$here/data.py" --check "$data" 2>/dev/null; then
    exit 0
fi
venv=$target/oracle-venv
if [ ! -x "$venv/bin/python" ]; then
    rm -rf "$venv"
    python3 -m venv "$venv"
fi
"$venv/bin/pip" install --quiet --disable-pip-version-check backtesting==0.6.6 bokeh_sampledata==2026.1
"$venv/bin/python" "$here/data.py" "$data"
