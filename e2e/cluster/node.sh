#!/usr/bin/env bash
# PID 1 of one node, in mount, network, PID, UTS and IPC namespaces of its own: started by start-node.sh, never by hand.
# When this process ends, the kernel ends every process, mount, link and packet filter rule of the node.
# Usage: node.sh STATE-FOLDER NODE NODES
source "$(dirname "$0")/lib.sh"
i=$2 count=$3
dir=$STATE/node$i
log=$LOG/node$i
mkdir -p "$dir"/{kubelet,pods,containers,cni,containerd} "$log"

# --- Mounts. The order matters: the old /sys must be gone before mounts are shared, or its removal spreads and the
# kubelet finds no cgroups.
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/netns /run/lock /run/cgroups
mount --rbind /sys/fs/cgroup /run/cgroups
mount -t sysfs sysfs /sys # the one of this network namespace
mount --rbind /run/cgroups /sys/fs/cgroup
umount -l /run/cgroups
mount --make-rshared / # volumes that the kubelet mounts must reach the pods
mount --bind "$dir/kubelet" /var/lib/kubelet
mount --bind "$dir/cni" /var/lib/cni
mount --bind "$dir/pods" /var/log/pods
mount --bind "$dir/containers" /var/log/containers
hostname "node$i"

# --- Network. start-node.sh moves eth0 in.
till 10 ip link show eth0
ip link set lo up
ip addr add "$(node_ip "$i")/24" dev eth0
ip link set eth0 up
ip route add default via "$GATEWAY"
for other in $(seq 1 "$count"); do
  [ "$other" = "$i" ] || ip route add "$(pod_net "$other")" via "$(node_ip "$other")"
done
sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0
# Without it the answers of a Service to a pod on the same bridge go past the address translation.
[ ! -e /proc/sys/net/bridge ] || sysctl -qw net.bridge.bridge-nf-call-iptables=1

# --- Cgroups. The kubelet wants its root to exist.
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
  mkdir -p "/sys/fs/cgroup/$CGROUP$i"
  for controller in cpu cpuset memory pids io hugetlb; do
    grep -qw $controller /sys/fs/cgroup/cgroup.controllers || continue
    echo +$controller >/sys/fs/cgroup/cgroup.subtree_control
    echo +$controller >"/sys/fs/cgroup/$CGROUP$i/cgroup.subtree_control"
  done
else
  for hierarchy in /sys/fs/cgroup/*/; do
    case $hierarchy in */unified/) continue ;; esac
    mkdir -p "$hierarchy$CGROUP$i"
    [ ! -e "$hierarchy/cpuset.cpus" ] || for f in cpuset.cpus cpuset.mems; do cat "$hierarchy/$f" >"$hierarchy$CGROUP$i/$f"; done
  done
fi

# --- Processes.
export PATH=$BIN:$PATH
run() { "$@" >>"$log/$1.log" 2>&1 & }
[ "$i" != 1 ] || source "$HERE/control-plane.sh"

# configure FILE: writes config/FILE into the node's folder, with this node's values.
configure() {
  sed -e "s|@BIN@|$BIN|g; s|@CERTS@|$CERTS|g; s|@DIR@|$dir|g; s|@NODE@|node$i|g; s|@POD_NET@|$(pod_net "$i")|g" \
    -e "s|@POD_NETS@|$POD_NETS|g; s|@DNS_IP@|$DNS_IP|g; s|@CGROUP@|/$CGROUP$i|g" "$HERE/config/$1" >"$2"
}
mkdir -p "$dir/cni-conf"
configure cni.json "$dir/cni-conf/10-pods.conflist"
configure containerd.toml "$dir/containerd.toml"
configure kubelet.yaml "$dir/kubelet.yaml"
configure kube-proxy.yaml "$dir/kube-proxy.yaml"
echo "nameserver $GATEWAY" >"$dir/resolv.conf" # nobody answers there: pods have no names but the cluster's

run containerd -c "$dir/containerd.toml"
till 30 ctr version
for image in "$IMAGES"/*.tar; do
  ctr -n k8s.io images import --local "$image" >>"$log/import.log" 2>&1
done
till 60 api_ready
run kubelet --v=1 --config="$dir/kubelet.yaml" --kubeconfig="$CERTS/node$i.conf" --root-dir=/var/lib/kubelet \
  --hostname-override="node$i" --node-ip="$(node_ip "$i")"
run kube-proxy --v=1 --config="$dir/kube-proxy.yaml"

trap 'exit 0' TERM
while :; do
  wait || true # reaps what the programs leave behind
  sleep 1
done
