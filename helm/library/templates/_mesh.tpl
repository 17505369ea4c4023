{{- define "leadmesh.meshLabels" -}}
{{- if eq .v.mesh.kind "istio" -}}
sidecar.istio.io/inject: {{ ne .component "migrate" | quote }}
{{- end -}}
{{- end -}}

{{/* The migration has no sidecar: it would not let the job end. */}}
{{- define "leadmesh.meshAnnotations" -}}
{{- if eq .v.mesh.kind "linkerd" -}}
linkerd.io/inject: {{ ternary "disabled" "enabled" (eq .component "migrate") }}
config.linkerd.io/default-inbound-policy: cluster-authenticated
{{- end -}}
{{- end -}}

{{- define "leadmesh.mesh" -}}
{{- if eq .v.mesh.kind "istio" -}}
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata:
  {{- include "leadmesh.metadata" . | nindent 2 }}
spec:
  selector:
    matchLabels:
      {{- include "leadmesh.selector" . | nindent 6 }}
  mtls: {mode: STRICT}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  {{- include "leadmesh.metadata" . | nindent 2 }}
spec:
  hosts: [{{ .name }}]
  http:
    # Only what may be done twice is tried again.
    - match:
        - method: {regex: GET|HEAD}
      retries: {attempts: 2, perTryTimeout: 12s, retryOn: "connect-failure,refused-stream,reset,503"}
      timeout: 30s
      route: [{destination: {host: {{ .name }}, port: {number: 8000}}}]
    - retries: {attempts: 0}
      timeout: 30s
      route: [{destination: {host: {{ .name }}, port: {number: 8000}}}]
{{- end -}}
{{- if eq .v.mesh.kind "linkerd" -}}
{{ include "leadmesh.linkerdRoute" (merge (dict "suffix" "-reads" "methods" (list "GET" "HEAD")) .) }}
---
{{ include "leadmesh.linkerdRoute" (merge (dict "suffix" "-writes") .) }}
{{- end -}}
{{- end -}}

{{/* Only what may be done twice is tried again. Context: c with suffix and, for what is tried again, methods. */}}
{{- define "leadmesh.linkerdRoute" -}}
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  {{- include "leadmesh.metadata" . | nindent 2 }}
  annotations:
    timeout.linkerd.io/request: 30s
    {{- if .methods }}
    retry.linkerd.io/http: "503"
    retry.linkerd.io/limit: "2"
    {{- end }}
spec:
  parentRefs: [{group: "", kind: Service, name: {{ .name }}, port: 8000}]
  rules:
    - backendRefs: [{name: {{ .name }}, port: 8000}]
      {{- with .methods }}
      matches:
        {{- range . }}
        - method: {{ . }}
        {{- end }}
      {{- end }}
{{- end -}}
