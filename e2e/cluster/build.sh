#!/usr/bin/env bash
# Builds what the cluster runs, out of tools/*/go.mod, into a cache folder outside the clone. Each tool is made again
# only when it is missing or when its module, its flags or the compiler changed. go.sum pins every module.
source "$(dirname "$0")/lib.sh"
[ $# = 0 ] || fail "usage: build.sh"
need $TO_BUILD

mkdir -p "$BIN/cni" "$IMAGES" "$CACHE/stamps" "$CACHE/share"
exec 8>"$CACHE/build.lock"
flock 8

export CGO_ENABLED=0
go_version=$(cd "$HERE/tools/kubernetes" && go env GOVERSION)
unchanged() { [ "$(cat "$CACHE/stamps/$1" 2>/dev/null)" = "$2" ]; }

# version TOOL MODULE: the version that the tool's go.mod pins.
version() { awk -v m="$2" '$1 == m { print $2; exit }' "$HERE/tools/$1/go.mod"; }

# compiled NAME PACKAGES...: reads what `go build -v` prints and shows how far it is: on a terminal in one line, else a
# line every 30 s. Everything that is no name of a package or module, such as an error, passes.
compiled() {
  local name=$1 of done=0 modules=0 told=$SECONDS every=30 line
  shift
  of=$(cd "$HERE/tools/$name" && go list -mod=readonly -deps "$@" 2>/dev/null | wc -l)
  [ ! -t 2 ] || every=1
  while IFS= read -r line; do
    case $line in
      "go: downloading "*) modules=$((modules + 1)) ;;
      "# "* | *[!A-Za-z0-9._~/-]*) say "$line" ;;
      *) done=$((done + 1)) ;;
    esac
    [ $((SECONDS - told)) -ge $every ] || continue
    told=$SECONDS
    line="  $name: $done of at most $of packages compiled, $modules modules downloaded"
    if [ -t 2 ]; then printf '\r%s' "$line" >&2; else say "$line"; fi
  done
  [ ! -t 2 ] || printf '\r\033[K' >&2
}

# tool NAME OUTPUTS FLAGS... -- PACKAGES...: one `go build` in tools/NAME; OUTPUTS are files below bin/.
tool() {
  local name=$1 outputs=$2 flags=() stamp new start=$SECONDS
  shift 2
  while [ "$1" != -- ]; do flags+=("$1"); shift; done
  shift
  stamp=$({ cat "$HERE/tools/$name/go.mod" "$HERE/tools/$name/go.sum"; echo "$go_version $CGO_ENABLED ${flags[*]} $*"; } | sha256sum | cut -d' ' -f1)
  if unchanged "$name" "$stamp" && (cd "$BIN" && ls $outputs) >/dev/null 2>&1; then return; fi
  local note=""
  [ "$name" != kubernetes ] || note="; the longest step: about 20 minutes of processor time"
  say "building $name: $outputs$note"
  new=$(mktemp -d "$CACHE/new.XXXXXX")
  local target=$new/
  case $outputs in *" "*) ;; *) target=$new/$(basename "$outputs") ;; esac # one program gets the name it has here
  # -mod=readonly: go.mod and go.sum are the truth and are never written.
  (cd "$HERE/tools/$name" && go build -v -mod=readonly -buildvcs=false -trimpath "${flags[@]}" -o "$target" "$@") 2>&1 | compiled "$name" "$@" ||
    { rm -rf "$new"; fail "go build of $name failed"; }
  mkdir -p "$BIN/$(dirname "${outputs%% *}")"
  for output in $outputs; do mv "$new/$(basename "$output")" "$BIN/$output"; done
  rm -rf "$new"
  echo "$stamp" >"$CACHE/stamps/$name"
  say "built $name in $((SECONDS - start)) s"
}

v=$(version kubernetes k8s.io/kubernetes)
minor=$(cut -d. -f2 <<<"$v")
k8s=k8s.io/component-base/version
tool kubernetes "kube-apiserver kube-controller-manager kube-scheduler kubelet kubectl kube-proxy" \
  -tags selinux,notest,grpcnotrace,providerless \
  -ldflags "-s -w -X $k8s.gitVersion=$v -X $k8s.gitMajor=1 -X $k8s.gitMinor=$minor" -- \
  k8s.io/kubernetes/cmd/{kube-apiserver,kube-controller-manager,kube-scheduler,kubelet,kubectl,kube-proxy}

tool etcd etcd -ldflags "-s -w" -- go.etcd.io/etcd/server/v3

tool containerd "containerd containerd-shim-runc-v2 ctr" -tags "no_btrfs no_zfs no_devmapper no_aufs" -ldflags "-s -w" -- \
  github.com/containerd/containerd/v2/cmd/{containerd,containerd-shim-runc-v2,ctr}

CGO_ENABLED=1 tool runc runc -tags seccomp -ldflags "-s -w" -- github.com/opencontainers/runc

cni=github.com/containernetworking/plugins/plugins
tool cni "cni/bridge cni/loopback cni/host-local cni/portmap" -ldflags "-s -w" -- \
  $cni/main/bridge $cni/main/loopback $cni/ipam/host-local $cni/meta/portmap

tool coredns coredns -ldflags "-s -w" -- github.com/coredns/coredns

# Without these, helm takes every cluster for v1.20 when it renders without one.
helm=helm.sh/helm/v3
tool helm helm -ldflags "-s -w -X $helm/internal/version.version=$(version helm $helm) \
 -X $helm/pkg/lint/rules.k8sVersionMajor=1 -X $helm/pkg/lint/rules.k8sVersionMinor=$minor \
 -X $helm/pkg/chartutil.k8sVersionMajor=1 -X $helm/pkg/chartutil.k8sVersionMinor=$minor" -- $helm/cmd/helm

tool kwok kwok -ldflags "-s -w -X sigs.k8s.io/kwok/pkg/consts.Version=$(version kwok sigs.k8s.io/kwok)" -- sigs.k8s.io/kwok/cmd/kwok

# kwok ends at once unless it is told how pods and nodes get from stage to stage. Its module holds the stages.
if [ "$CACHE/share/kwok-stages.yaml" -ot "$CACHE/stamps/kwok" ]; then
  module=$(cd "$HERE/tools/kwok" && go list -mod=readonly -m -f '{{.Dir}}' sigs.k8s.io/kwok)
  for stage in "$module"/kustomize/stage/{pod/fast,node/fast,node/heartbeat-with-lease}/*.yaml; do
    case $stage in */kustomization.yaml) ;; *) echo ---; cat "$stage" ;; esac
  done >"$CACHE/share/kwok-stages.yaml"
fi

# image NAME USER BINARY: an image of one static program.
image() {
  local stamp root
  stamp=$(cat "$3" "$HERE/pack.sh" | sha256sum | cut -d' ' -f1)
  if unchanged "image-$1" "$stamp" && [ -e "$IMAGES/$1.tar" ]; then return; fi
  root=$(mktemp -d "$CACHE/new.XXXXXX")
  install -D -m755 "$3" "$root/$1"
  install -d -m1777 "$root/tmp"
  "$HERE/pack.sh" "$IMAGES/$1.tar" "localhost/$1:e2e" "$2" "$root" "/$1" >&2
  rm -rf "$root"
  echo "$stamp" >"$CACHE/stamps/image-$1"
}

# program NAME COMMAND...: compiles images/NAME.* with the command, if it changed.
program() {
  local name=$1 stamp
  shift
  stamp=$({ cat "$HERE"/images/"$name".*; echo "$go_version $(rustc --version) $*"; } | sha256sum | cut -d' ' -f1)
  if unchanged "$name" "$stamp" && [ -e "$BIN/$name" ]; then return; fi
  say "building $name"
  (cd "$HERE/images" && "$@")
  echo "$stamp" >"$CACHE/stamps/$name"
}
program pause go build -buildvcs=false -trimpath -ldflags "-s -w" -o "$BIN/pause" pause.go
program probe rustc --edition 2024 -O -C strip=symbols -C target-feature=+crt-static -o "$BIN/probe" probe.rs
image pause 65535:65535 "$BIN/pause"
image probe 65532:65532 "$BIN/probe"
image coredns 65532:65532 "$BIN/coredns"
