{{/* Two names: one address for callers, and one that lists every ready pod for the gateway. */}}
{{- define "leadmesh.services" -}}
{{- $c := merge (dict "component" "web") . -}}
apiVersion: v1
kind: Service
metadata:
  {{- include "leadmesh.metadata" $c | nindent 2 }}
  {{- with include "leadmesh.serviceAnnotations" . }}
  annotations:
    {{- . | nindent 4 }}
  {{- end }}
spec:
  selector:
    {{- include "leadmesh.selector" $c | nindent 4 }}
  ports:
    - {name: http, port: 8000, targetPort: http, appProtocol: http}
---
apiVersion: v1
kind: Service
metadata:
  {{- include "leadmesh.metadata" (merge (dict "suffix" "-pods") $c) | nindent 2 }}
spec:
  clusterIP: None
  selector:
    {{- include "leadmesh.selector" $c | nindent 4 }}
  ports:
    - {name: http, port: 8000, targetPort: http, appProtocol: http}
{{- end -}}

{{- define "leadmesh.disruption" -}}
{{- if .v.disruption.enabled -}}
{{- $api := ternary "policy/v1" "policy/v1beta1" (.root.Capabilities.APIVersions.Has "policy/v1") -}}
{{- range $component, $suffix := dict "web" "" "worker" "-worker" }}
{{- if or (eq $component "web") $.v.worker.enabled }}
{{- $c := merge (dict "component" $component "suffix" $suffix) $ }}
---
apiVersion: {{ $api }}
kind: PodDisruptionBudget
metadata:
  {{- include "leadmesh.metadata" $c | nindent 2 }}
spec:
  maxUnavailable: {{ $.v.disruption.maxUnavailable }}
  selector:
    matchLabels:
      {{- include "leadmesh.selector" $c | nindent 6 }}
{{- end }}
{{- end }}
{{- end -}}
{{- end -}}

{{- define "leadmesh.monitor" -}}
{{- if include "leadmesh.on" (list .v.serviceMonitor.enabled "monitoring.coreos.com/v1" .root) -}}
{{- range $component, $port := dict "web" "http" "worker" "metrics" }}
{{- if or (eq $component "web") $.v.worker.enabled }}
{{- $c := merge (dict "component" $component "suffix" (ternary "" "-worker" (eq $component "web"))) $ }}
---
apiVersion: monitoring.coreos.com/v1
kind: {{ ternary "ServiceMonitor" "PodMonitor" (eq $component "web") }}
metadata:
  {{- include "leadmesh.metadata" $c | nindent 2 }}
    {{- with $.v.serviceMonitor.labels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  {{ ternary "endpoints" "podMetricsEndpoints" (eq $component "web") }}:
    - {port: {{ $port }}, path: /metrics, interval: {{ $.v.serviceMonitor.interval }}}
  selector:
    matchLabels:
      {{- include "leadmesh.selector" $c | nindent 6 }}
{{- end }}
{{- end }}
{{- end -}}
{{- end -}}
