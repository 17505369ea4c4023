{{/* Nothing goes in or out, then one policy for each edge. Edges between services are facts of the code. */}}
{{- define "leadmesh.network" -}}
{{- if .v.network.enabled -}}
{{- $n := .v.network -}}
{{- $edges := .facts.edges -}}
{{ include "leadmesh.deny" . }}
{{ include "leadmesh.in" (dict "c" . "from" "gateway" "component" "web" "ports" (list 8000) "peers" $n.gateway) }}
{{ include "leadmesh.in" (dict "c" . "from" "monitoring" "ports" (list 8000 9100) "peers" $n.monitoring) }}
{{- range $edges.callers }}
{{ include "leadmesh.in" (dict "c" $ "from" . "component" "web" "ports" (list 8000) "peers" (list (include "leadmesh.pods" . | fromJson))) }}
{{- end }}
{{- range $edges.calls }}
{{ include "leadmesh.out" (dict "c" $ "to" . "ports" (list 8000) "peers" (list (include "leadmesh.pods" . | fromJson))) }}
{{- end }}
{{ include "leadmesh.out" (dict "c" . "to" "mongodb" "ports" $n.mongodb.ports "peers" $n.mongodb.peers) }}
{{ include "leadmesh.out" (dict "c" . "to" "redis" "ports" $n.redis.ports "peers" $n.redis.peers) }}
{{ include "leadmesh.out" (dict "c" . "to" "dns" "ports" $n.dns.ports "peers" $n.dns.peers "udp" true) }}
{{- if $n.traces.enabled }}
{{ include "leadmesh.out" (dict "c" . "to" "traces" "ports" $n.traces.ports "peers" $n.traces.peers) }}
{{- end }}
{{- if $n.outside.enabled }}
{{- range $edges.outside }}
{{ include "leadmesh.out" (dict "c" $ "to" (printf "outside-%s" .) "ports" (index $n.outside .) "peers" $n.outside.peers) }}
{{- end }}
{{- end }}
{{- end -}}
{{- end -}}

{{- define "leadmesh.deny" -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  {{- include "leadmesh.metadata" . | nindent 2 }}
spec:
  podSelector:
    matchLabels:
      {{- include "leadmesh.selector" . | nindent 6 }}
  policyTypes: [Ingress, Egress]
{{- end -}}

{{- define "leadmesh.pods" -}}
{{- dict "podSelector" (dict "matchLabels" (dict "app.kubernetes.io/name" .)) | toJson -}}
{{- end -}}

{{- define "leadmesh.in" -}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  {{- include "leadmesh.metadata" (merge (dict "suffix" (printf "-from-%s" .from)) .c) | nindent 2 }}
spec:
  podSelector:
    matchLabels:
      {{- include "leadmesh.selector" (merge (dict "component" .component) .c) | nindent 6 }}
  policyTypes: [Ingress]
  ingress:
    - ports:
        {{- range .ports }}
        - {protocol: TCP, port: {{ . }}}
        {{- end }}
      {{- with .peers }}
      from:
        {{- toYaml . | nindent 8 }}
      {{- end }}
{{- end -}}

{{- define "leadmesh.out" -}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  {{- include "leadmesh.metadata" (merge (dict "suffix" (printf "-to-%s" .to)) .c) | nindent 2 }}
spec:
  podSelector:
    matchLabels:
      {{- include "leadmesh.selector" .c | nindent 6 }}
  policyTypes: [Egress]
  egress:
    - ports:
        {{- range .ports }}
        - {protocol: TCP, port: {{ . }}}
        {{- if $.udp }}
        - {protocol: UDP, port: {{ . }}}
        {{- end }}
        {{- end }}
      {{- with .peers }}
      to:
        {{- toYaml . | nindent 8 }}
      {{- end }}
{{- end -}}
