# etcd, API server, controller manager and scheduler of node 1. Sourced by node.sh, with its functions.
# shellcheck shell=bash
# shellcheck disable=SC2054 # commas belong to the values of flags

# The data lives as long as the state folder, and a crash of the machine may cost it.
run etcd --name cluster --data-dir "$STATE/etcd" --unsafe-no-fsync --log-level warn \
  --listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379 \
  --listen-peer-urls http://127.0.0.1:2380 --initial-advertise-peer-urls http://127.0.0.1:2380 \
  --initial-cluster cluster=http://127.0.0.1:2380

apiserver=(
  --v=1 --advertise-address="$API_IP" --bind-address=0.0.0.0 --secure-port=6443 --etcd-servers=http://127.0.0.1:2379
  --client-ca-file="$CERTS/ca.crt" --tls-cert-file="$CERTS/apiserver.crt" --tls-private-key-file="$CERTS/apiserver.key"
  --service-cluster-ip-range="$SERVICE_NET" --allow-privileged=true
  --authorization-mode=Node,RBAC --enable-admission-plugins=NodeRestriction
  --admission-control-config-file="$HERE/config/admission.yaml"
  --service-account-issuer=https://kubernetes.default.svc.cluster.local
  --service-account-key-file="$CERTS/service-accounts.pub" --service-account-signing-key-file="$CERTS/service-accounts.key"
  --kubelet-certificate-authority="$CERTS/ca.crt" --kubelet-preferred-address-types=InternalIP
  --kubelet-client-certificate="$CERTS/apiserver-to-kubelet.crt" --kubelet-client-key="$CERTS/apiserver-to-kubelet.key"
  # Aggregated APIs (metrics for a HorizontalPodAutoscaler).
  --enable-aggregator-routing=true --requestheader-client-ca-file="$CERTS/front-proxy-ca.crt"
  --requestheader-allowed-names=front-proxy-client --requestheader-username-headers=X-Remote-User
  --requestheader-group-headers=X-Remote-Group --requestheader-extra-headers-prefix=X-Remote-Extra-
  --proxy-client-cert-file="$CERTS/front-proxy.crt" --proxy-client-key-file="$CERTS/front-proxy.key"
  # One file: tests read it whole.
  --audit-policy-file="$HERE/config/audit.yaml" --audit-log-path="$LOG/audit.log" --audit-log-maxsize=10000
)
run kube-apiserver "${apiserver[@]}"

# With a service account for each controller, the default of 20 requests a second costs 4 s of start-up.
quick=(--v=1 --leader-elect=false --bind-address=127.0.0.1 --kube-api-qps=500 --kube-api-burst=1000)
run kube-controller-manager "${quick[@]}" --kubeconfig="$CERTS/controller-manager.conf" --use-service-account-credentials=true \
  --service-account-private-key-file="$CERTS/service-accounts.key" --root-ca-file="$CERTS/ca.crt" \
  --cluster-signing-cert-file="$CERTS/ca.crt" --cluster-signing-key-file="$CERTS/ca.key"
run kube-scheduler "${quick[@]}" --kubeconfig="$CERTS/scheduler.conf"
