{{- define "gateway.network" -}}
{{- if .v.network.enabled -}}
{{- $n := .v.network -}}
{{ include "leadmesh.deny" . }}
{{ include "leadmesh.in" (dict "c" . "from" "clients" "ports" (list 8000) "peers" .v.clients) }}
{{ include "leadmesh.in" (dict "c" . "from" "monitoring" "ports" (ternary (list 9901 9902) (list 9901) (not (empty .v.legacy.host))) "peers" $n.monitoring) }}
{{- range .facts.edges.calls }}
{{ include "leadmesh.out" (dict "c" $ "to" . "ports" (list 8000) "peers" (list (include "leadmesh.pods" . | fromJson))) }}
{{- end }}
{{ include "leadmesh.out" (dict "c" . "to" "dns" "ports" $n.dns.ports "peers" $n.dns.peers "udp" true) }}
{{- with .v.legacy }}
{{- if .host }}
{{ include "leadmesh.out" (dict "c" $ "to" "legacy" "ports" (list .port) "peers" (list)) }}
{{ include "leadmesh.out" (dict "c" $ "to" "mongodb" "ports" $n.mongodb.ports "peers" $n.mongodb.peers) }}
{{- if $n.outside.enabled }}
{{ include "leadmesh.out" (dict "c" $ "to" "outside-https" "ports" $n.outside.https "peers" $n.outside.peers) }}
{{- end }}
{{- end }}
{{- end }}
{{- with .v.tracing }}
{{- if .host }}
{{ include "leadmesh.out" (dict "c" $ "to" "traces" "ports" (list .port) "peers" $n.traces.peers) }}
{{- end }}
{{- end }}
{{- end -}}
{{- end -}}

{{- define "gateway.expose" -}}
{{- $e := .v.expose -}}
{{- if eq $e.kind "ingress" }}{{ include "leadmesh.ingressOf" (merge (dict "ingress" $e.ingress "hosts" $e.hosts "paths" (list "/")) .) }}{{ end -}}
{{- if eq $e.kind "httpRoute" -}}
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  {{- include "leadmesh.metadata" . | nindent 2 }}
spec:
  parentRefs:
    {{- toYaml $e.parentRefs | nindent 4 }}
  {{- with $e.hosts }}
  hostnames:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  rules:
    - matches:
        - path: {type: PathPrefix, value: /}
      backendRefs: [{name: {{ .name }}, port: {{ .v.service.port }}}]
      # Envoy's own time-outs are shorter.
      timeouts: {request: 60s}
{{- end -}}
{{- end -}}
