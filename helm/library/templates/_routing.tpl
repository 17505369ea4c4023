{{- define "leadmesh.routing" -}}
{{- if eq .v.routing.kind "httpRoute" }}{{ include "leadmesh.httpRoute" . }}{{ end -}}
{{- if eq .v.routing.kind "ingress" }}{{ include "leadmesh.ingress" . }}{{ end -}}
{{- end -}}

{{- define "leadmesh.httpRoute" -}}
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  {{- include "leadmesh.metadata" . | nindent 2 }}
spec:
  parentRefs:
    {{- toYaml .v.routing.parentRefs | nindent 4 }}
  {{- with .v.routing.hosts }}
  hostnames:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  rules:
    {{- range .facts.routes.prefixes | chunk 8 }}
    - matches:
        {{- range . }}
        - path: {type: PathPrefix, value: {{ . }}}
        {{- end }}
      backendRefs: [{name: {{ $.name }}, port: 8000}]
      timeouts: {request: 30s}
    {{- end }}
    {{- range .facts.routes.aliases }}
    - matches:
        - path: {type: PathPrefix, value: {{ .alias }}}
      filters:
        - type: URLRewrite
          urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: {{ .prefix }}}}
      backendRefs: [{name: {{ $.name }}, port: 8000}]
      timeouts: {request: 30s}
    {{- end }}
{{- end -}}

{{- define "leadmesh.ingress" -}}
{{- $r := .v.routing -}}
{{ include "leadmesh.ingressOf" (merge (dict "ingress" $r.ingress "hosts" $r.hosts "paths" .facts.routes.prefixes) .) }}
{{- end -}}

{{/* Context: c with ingress, hosts, paths. */}}
{{- define "leadmesh.ingressOf" -}}
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  {{- include "leadmesh.metadata" . | nindent 2 }}
  {{- with .ingress.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  {{- with .ingress.className }}
  ingressClassName: {{ . }}
  {{- end }}
  {{- with .ingress.tlsSecret }}
  tls:
    - secretName: {{ . }}
      hosts:
        {{- toYaml $.hosts | nindent 8 }}
  {{- end }}
  rules:
    {{- range .hosts | default (list "") }}
    - {{ with . }}host: {{ . | quote }}
      {{ end }}http:
        paths:
          {{- range $.paths }}
          - path: {{ . }}
            pathType: Prefix
            backend: {service: {name: {{ $.name }}, port: {name: http}}}
          {{- end }}
    {{- end }}
{{- end -}}
