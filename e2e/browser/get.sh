#!/usr/bin/env bash
# Finds a Chromium that runs without a screen, and axe-core, which looks for what people with other senses cannot use; prints
# the paths, one a line. Installs what is missing where it may: Chromium as root, with apt-get; axe-core from the Python package
# registry into the target folder. Ends with 3 if the machine lacks Chromium still; without axe-core the second line is empty.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
source "$here/../debian.sh"
folder=${CARGO_TARGET_DIR:-$here/../../target}/browser
mkdir -p "$folder"
exec 9>"$folder/lock"
flock 9 # tests run side by side
packages="chromium-headless-shell poppler-utils"
axe_package="axe-playwright-python==0.1.8" # axe-core 4.11; only its one script is used

found() {
  local name
  for name in "${CHROMIUM:-}" chromium-headless-shell chromium chromium-browser google-chrome; do
    if [ -n "$name" ] && type -P "$name"; then return 0; fi
  done
  return 1
}
# shellcheck disable=SC2086
found >/dev/null || debian $packages
found || { echo "error: no Chromium: install the Debian packages $packages, or name one in CHROMIUM" >&2; exit 3; }

axe=$folder/axe.min.js
if [ ! -s "$axe" ]; then
  wheels=$(mktemp -d "$folder/wheels.XXXXXX")
  trap 'rm -rf "$wheels"' EXIT
  { "${PYTHON:-python3}" -m venv "$wheels/venv" &&
    timeout 120 "$wheels/venv/bin/pip" download --quiet --disable-pip-version-check --no-deps --dest "$wheels" "$axe_package" &&
    "$wheels/venv/bin/python" -m zipfile -e "$wheels"/*.whl "$wheels/out" &&
    mv "$wheels/out/axe_playwright_python/axe.min.js" "$axe"; } >&2 || true
fi
if [ -s "$axe" ]; then realpath "$axe"; else echo; fi
