{{/* Two names: one address for callers, and one that lists every ready pod for the gateway. */}}
{{- define "leadmesh.services" -}}
{{- $c := merge (dict "component" "web") . -}}
apiVersion: v1
kind: Service
metadata:
  {{- include "leadmesh.metadata" $c | nindent 2 }}
spec:
  selector:
    {{- include "leadmesh.selector" $c | nindent 4 }}
  ports:
    - {name: http, protocol: TCP, port: 8000, targetPort: http, appProtocol: http}
---
apiVersion: v1
kind: Service
metadata:
  {{- include "leadmesh.metadata" (merge (dict "suffix" "-pods" "component" "pods") $c) | nindent 2 }}
spec:
  clusterIP: None
  selector:
    {{- include "leadmesh.selector" $c | nindent 4 }}
  ports:
    - {name: http, protocol: TCP, port: 8000, targetPort: http, appProtocol: http}
{{- end -}}

{{- define "leadmesh.disruption" -}}
{{- if .v.disruption.enabled -}}
{{- range $component, $suffix := dict "web" "" "worker" "-worker" }}
{{- if or (eq $component "web") $.v.worker.enabled }}
---
{{ include "leadmesh.budget" (merge (dict "component" $component "suffix" $suffix) $) }}
{{- end }}
{{- end }}
{{- end -}}
{{- end -}}

{{- define "leadmesh.budget" -}}
apiVersion: {{ include "leadmesh.api" (list "policy/v1" "policy/v1beta1" ">=1.21-0" .root) }}
kind: PodDisruptionBudget
metadata:
  {{- include "leadmesh.metadata" . | nindent 2 }}
spec:
  maxUnavailable: {{ .v.disruption.maxUnavailable }}
  selector:
    matchLabels:
      {{- include "leadmesh.selector" . | nindent 6 }}
{{- end -}}

{{- define "leadmesh.monitor" -}}
{{- if include "leadmesh.on" (list .v.serviceMonitor.enabled "monitoring.coreos.com/v1" .root) -}}
{{ include "leadmesh.monitorOf" (merge (dict "kind" "ServiceMonitor" "component" "web" "port" "http" "path" "/metrics") .) }}
{{- if .v.worker.enabled }}
---
{{ include "leadmesh.monitorOf" (merge (dict "kind" "PodMonitor" "component" "worker" "suffix" "-worker" "port" "metrics" "path" "/metrics") .) }}
{{- end }}
{{- if and .v.bridge.enabled .facts.bridged }}
---
{{ include "leadmesh.monitorOf" (merge (dict "kind" "PodMonitor" "component" "bridge" "suffix" "-bridge" "port" "metrics" "path" "/metrics") .) }}
{{- end }}
{{- end -}}
{{- end -}}

{{- define "leadmesh.monitorOf" -}}
apiVersion: monitoring.coreos.com/v1
kind: {{ .kind }}
metadata:
  {{- include "leadmesh.metadata" . | nindent 2 }}
    {{- with .v.serviceMonitor.labels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  {{ ternary "endpoints" "podMetricsEndpoints" (eq .kind "ServiceMonitor") }}:
    - {port: {{ .port }}, path: {{ .path }}, interval: {{ .v.serviceMonitor.interval }}}
  selector:
    matchLabels:
      {{- include "leadmesh.selector" . | nindent 6 }}
{{- end -}}
