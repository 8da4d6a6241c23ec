{{- define "galapagos.name" -}}
{{ printf "%s-operator" .Release.Name | trunc 52 | trimSuffix "-" }}
{{- end }}

{{- define "galapagos.serviceAccount" -}}
{{ .Values.serviceAccount.name | default (include "galapagos.name" .) }}
{{- end }}

{{- define "galapagos.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end }}

{{- /* The namespace that jobs are in, if it is one. */ -}}
{{- define "galapagos.watched" -}}
{{ .Values.watchNamespace | default .Release.Namespace }}
{{- end }}

{{- define "galapagos.poolNamespace" -}}
{{ ternary (include "galapagos.watched" .) (.Values.pool.namespace | default .Release.Namespace) .Values.namespaced }}
{{- end }}

{{- /* Never galapagos-operator as managed-by: that is what the operator knows its own children by. */ -}}
{{- define "galapagos.selector" -}}
app.kubernetes.io/name: galapagos
app.kubernetes.io/component: operator
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "galapagos.labels" -}}
{{ include "galapagos.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{- /* All that the operator may do where jobs are. It never reads a Secret there and never writes a spec of its kinds. */ -}}
{{- define "galapagos.rules" -}}
- apiGroups: [galapagos.dev]
  resources: [evolutionjobs, workerpools]
  verbs: [list, watch]
- apiGroups: [galapagos.dev]
  resources: [evolutionjobs]
  verbs: [delete] # ttlPolicy: Job
- apiGroups: [galapagos.dev]
  resources: [evolutionjobs/status, workerpools/status]
  verbs: [patch]
- apiGroups: [batch]
  resources: [jobs]
  verbs: [create, delete, get, list, patch, watch]
- apiGroups: [apps]
  resources: [deployments]
  verbs: [create, delete, get, list, patch, watch]
- apiGroups: [""]
  resources: [persistentvolumeclaims]
  verbs: [create, get, patch]
- apiGroups: [""]
  resources: [services]
  verbs: [create, get, list, patch, watch]
- apiGroups: [networking.k8s.io]
  resources: [networkpolicies]
  verbs: [create, get, list, patch, watch]
- apiGroups: [""]
  resources: [pods]
  verbs: [list, watch]
- apiGroups: [""]
  resources: [secrets]
  verbs: [create]
- apiGroups: [""]
  resources: [events]
  verbs: [create, list, patch] # list: why no pod is made for a Job
{{- end }}
