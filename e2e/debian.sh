# shellcheck shell=bash
# Sourced by what needs Debian packages.

# debian PACKAGE...: installs packages where that may be done (as root, on a Debian), with lists made anew if the old ones do
# not lead to them. It only tries: who calls it looks again for what was missing, and names what is missing still.
debian() {
  [ "$EUID" = 0 ] && command -v apt-get >/dev/null || return 0
  local wait="-o DPkg::Lock::Timeout=120" quiet="-y -qq --no-install-recommends"
  # shellcheck disable=SC2086
  DEBIAN_FRONTEND=noninteractive timeout 300 apt-get install $quiet $wait "$@" >&2 || {
    timeout 120 apt-get update -qq >&2 &&
      DEBIAN_FRONTEND=noninteractive timeout 300 apt-get install $quiet $wait "$@" >&2
  } || true
}
