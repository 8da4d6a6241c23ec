# What all scripts of the cluster share: folders, addresses, waiting. Sourced, never run.
# shellcheck shell=bash
# shellcheck disable=SC2034 # those who source it use the names
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$HERE/../debian.sh"
CACHE=$(realpath -m "${GALAPAGOS_CLUSTER_CACHE:-${XDG_CACHE_HOME:-${HOME:?neither HOME nor GALAPAGOS_CLUSTER_CACHE is set}/.cache}/galapagos/cluster}")
STATE=$(realpath -m "${GALAPAGOS_CLUSTER_STATE:-$CACHE/state}")
BIN=$CACHE/bin
IMAGES=$CACHE/images
CERTS=$STATE/certs
RUN=$STATE/run
LOG=$STATE/log
KUBECONFIG_FILE=$STATE/kubeconfig

# All nodes hang on one bridge, whose address on this machine is their gateway. Node i is 10.77.0.i, its pods are
# 10.88.i.0/24. Names of links have at most 15 characters.
BRIDGE=galapagos0
LINK=galapagos-n
CGROUP=galapagos-n
GATEWAY=10.77.0.254
node_ip() { echo "10.77.0.$1"; }
pod_net() { echo "10.88.$1.0/24"; }
POD_NETS=10.88.0.0/16
SERVICE_NET=10.96.0.0/16
API_IP=$(node_ip 1)
API=https://$API_IP:6443
DNS_IP=10.96.0.10

# The kubelet sets these for the whole machine, so up.sh remembers and down.sh restores them.
SYSCTLS="vm.overcommit_memory vm.panic_on_oom kernel.panic kernel.panic_on_oops kernel.keys.root_maxkeys kernel.keys.root_maxbytes"
# Stock paths that kubelet and CNI insist on. Each node mounts its own folders over them.
MOUNT_POINTS="/var/lib/kubelet /var/lib/cni /var/log/pods /var/log/containers"

say() { echo "$*" >&2; }
fail() { echo "error: $*" >&2; exit 1; }

# The folders go into configuration files and patterns unquoted.
[[ $CACHE$STATE =~ ^[A-Za-z0-9/._+-]+$ ]] || fail "a folder has characters other than letters, digits and /._+-: $CACHE, $STATE; set GALAPAGOS_CLUSTER_CACHE and GALAPAGOS_CLUSTER_STATE"

# Commands with the Debian packages that hold them: what building needs, and what a cluster that runs needs.
TO_BUILD="go golang cc gcc pkg-config pkg-config rustc rustc flock util-linux tar tar sha256sum coreutils"
TO_RUN="unshare util-linux nsenter util-linux setsid util-linux mount mount ip iproute2 nft nftables sysctl procps openssl openssl curl curl awk mawk"

# missing COMMAND PACKAGE [COMMAND PACKAGE ...]: prints what is not there, one a line. With go among them, it also looks
# for the headers that runc is compiled with.
missing() {
  local go=no
  while [ $# -gt 0 ]; do
    [ "$1" != go ] || go=yes
    command -v "$1" >/dev/null || echo "$1 (package $2)"
    shift 2
  done
  [ $go = no ] || pkg-config --exists libseccomp 2>/dev/null || echo "the headers of libseccomp (package libseccomp-dev)"
}

# need COMMAND PACKAGE [COMMAND PACKAGE ...]: installs what is missing where it may; ends with one message that names what
# is missing still.
need() {
  local lines line packages=()
  lines=$(missing "$@")
  if [ -n "$lines" ]; then
    while IFS= read -r line; do
      line=${line##*(package } && packages+=("${line%)*}")
    done <<<"$lines"
    debian "${packages[@]}"
    lines=$(missing "$@")
  fi
  [ -z "$lines" ] || fail "missing: ${lines//$'\n'/, }. Install the packages (names as in Debian) and run this again"
}

need_root() { [ "$(id -u)" = 0 ] || fail "a node is made of namespaces, mounts, links and cgroups: run this as root"; }

# till SECONDS COMMAND...: repeats the command until it succeeds; fails when the time is over.
till() {
  local end=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    [ $SECONDS -le $end ] || { say "timed out: $* (logs in $LOG)"; return 1; }
    sleep 0.1
  done
}

api_ready() { curl -s --cacert "$CERTS/ca.crt" --max-time 2 "$API/readyz" 2>/dev/null | grep -qx ok; }
kubectl() { "$BIN/kubectl" --kubeconfig "$KUBECONFIG_FILE" "$@"; }

is_up() { [ -e "$RUN/nodes" ]; }
nodes() { seq 1 "$(cat "$RUN/nodes")"; }

# node_pid I: the process of this machine that is PID 1 of node I. Checks the name, for numbers are used again.
node_pid() {
  local pid
  pid=$(cat "$RUN/node$1.pid" 2>/dev/null) || return 1
  tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -q "/node.sh $STATE $1 " || return 1
  echo "$pid"
}

# in_node I COMMAND...: runs a command inside node I. Paths must be absolute, for the working folder is lost.
in_node() {
  local pid
  pid=$(node_pid "$1") || fail "node$1 does not run: $HERE/start-node.sh $1"
  shift
  nsenter --target "$pid" --mount --net --pid --uts --ipc "$@"
}

# One command that changes the cluster at a time, and what it calls. Nodes outlive the command: they get neither the
# descriptor nor the mark.
lock() {
  [ -z "${CLUSTER_LOCKED:-}" ] || return 0
  mkdir -p "$CACHE"
  exec 9>"$CACHE/lock"
  flock --wait 900 9 || fail "another command has been changing the cluster for 15 minutes ($CACHE/lock)"
  export CLUSTER_LOCKED=1
}
