#!/usr/bin/env bash
# Makes the cluster's authorities, certificates and kubeconfigs in the state folder.
# Usage: certs.sh NODES
source "$(dirname "$0")/lib.sh"
[ ! -e "$KUBECONFIG_FILE" ] || exit 0
mkdir -p "$CERTS"
cd "$CERTS" || exit
log=openssl.log

authority() { # NAME
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 -subj "/CN=$1" -keyout "$1.key" -out "$1.crt" 2>>$log
}

certificate() { # NAME AUTHORITY SUBJECT USAGE [ALTERNATIVE-NAMES]
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "$3" -keyout "$1.key" -out "$1.csr" 2>>$log
  printf 'keyUsage=critical,digitalSignature\nbasicConstraints=CA:FALSE\nextendedKeyUsage=%s\n%s\n' "$4" "${5:+subjectAltName=$5}" >"$1.ext"
  openssl x509 -req -in "$1.csr" -CA "$2.crt" -CAkey "$2.key" -CAcreateserial -days 3650 -extfile "$1.ext" -out "$1.crt" 2>>$log
  rm "$1.csr" "$1.ext"
}

kubeconfig() { # NAME SUBJECT: a client certificate and the kubeconfig that holds it
  certificate "$1" ca "$2" clientAuth
  cat >"$1.conf" <<C
apiVersion: v1
kind: Config
clusters: [{name: galapagos, cluster: {server: "$API", certificate-authority-data: $(base64 -w0 ca.crt)}}]
users: [{name: $1, user: {client-certificate-data: $(base64 -w0 "$1.crt"), client-key-data: $(base64 -w0 "$1.key")}}]
contexts: [{name: galapagos, context: {cluster: galapagos, user: $1}}]
current-context: galapagos
C
}

authority ca
authority front-proxy-ca
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out service-accounts.key 2>>$log
openssl pkey -in service-accounts.key -pubout -out service-accounts.pub

service=kubernetes.default
certificate apiserver ca /CN=kube-apiserver serverAuth \
  "DNS:kubernetes,DNS:$service,DNS:$service.svc,DNS:$service.svc.cluster.local,DNS:localhost,IP:127.0.0.1,IP:$API_IP,IP:${SERVICE_NET%.0.0/16}.0.1"
certificate apiserver-to-kubelet ca /O=system:masters/CN=kube-apiserver-kubelet-client clientAuth
certificate front-proxy front-proxy-ca /CN=front-proxy-client clientAuth
kubeconfig controller-manager /CN=system:kube-controller-manager
kubeconfig scheduler /CN=system:kube-scheduler
kubeconfig proxy /CN=system:kube-proxy
for i in $(seq 1 "$1"); do
  kubeconfig "node$i" "/O=system:nodes/CN=system:node:node$i"
  certificate "node$i-serving" ca "/CN=node$i" serverAuth "DNS:node$i,IP:$(node_ip "$i")"
done
kubeconfig admin /O=system:masters/CN=admin
cp admin.conf "$KUBECONFIG_FILE"
