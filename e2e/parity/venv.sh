#!/usr/bin/env bash
# Makes the Python environment of the peers once and prints its path. It is made again when its list of packages changes.
# Usage: venv.sh [FOLDER]: the one whose requirements.txt is meant, this one unless said.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=$(cd "${1:-$here}" && pwd)
venv="${CARGO_TARGET_DIR:-$here/../../target}/$(basename "$folder")-venv"
stamp="$venv/requirements.txt"
if ! cmp -s "$folder/requirements.txt" "$stamp"; then
  rm -rf "$venv"
  "${PYTHON:-python3}" -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$folder/requirements.txt" >&2
  cp "$folder/requirements.txt" "$stamp"
fi
echo "$venv"
