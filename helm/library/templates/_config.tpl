{{/* Variables that are no secrets. */}}
{{- define "leadmesh.variables" -}}
{{- dict "LEADMESH_ENV" "production"
    "LEADMESH_METRICS_HOST" "0.0.0.0"
    "LEADMESH_METRICS_PORT" "9100"
    "LEADMESH_READY_FILE" "/tmp/ready"
    "LEADMESH_DRAINING_FILE" "/tmp/draining"
    "GUNICORN_WORKERS" "1"
    "GUNICORN_THREADS" (toString .v.web.threads)
    "GUNICORN_GRACEFUL_SECONDS" (toString .v.web.gracefulSeconds)
    "WORKER_THREADS" (toString .v.worker.threads)
  | merge (include "leadmesh.strings" .v.env | fromJson) | toJson -}}
{{- end -}}

{{- define "leadmesh.strings" -}}
{{- $strings := dict -}}
{{- range $key, $value := . }}{{ $_ := set $strings $key (toString $value) }}{{ end -}}
{{- $strings | toJson -}}
{{- end -}}

{{- define "leadmesh.config" -}}
apiVersion: v1
kind: ConfigMap
metadata:
  {{- include "leadmesh.metadata" . | nindent 2 }}
data:
  {{- include "leadmesh.variables" . | fromJson | toYaml | nindent 2 }}
{{- end -}}

{{- define "leadmesh.serviceaccount" -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  {{- include "leadmesh.metadata" . | nindent 2 }}
automountServiceAccountToken: false
{{- end -}}

{{- define "leadmesh.secretName" -}}
{{- if .v.secrets.external.enabled }}{{ .name }}{{ else }}{{ .v.secrets.existingSecret }}{{ end -}}
{{- end -}}

{{/* A hook, because the migration of a first installation needs it; Orphan, so that replacing it takes no Secret away. */}}
{{- define "leadmesh.externalsecret" -}}
{{- $external := .v.secrets.external -}}
{{- if $external.enabled -}}
apiVersion: {{ ternary "external-secrets.io/v1" "external-secrets.io/v1beta1" (or (.root.Capabilities.APIVersions.Has "external-secrets.io/v1") (not (.root.Capabilities.APIVersions.Has "external-secrets.io/v1beta1"))) }}
kind: ExternalSecret
metadata:
  {{- include "leadmesh.metadata" . | nindent 2 }}
  annotations:
    helm.sh/hook: pre-install,pre-upgrade
    helm.sh/hook-weight: "-10"
    helm.sh/hook-delete-policy: before-hook-creation
spec:
  refreshInterval: {{ $external.refreshInterval }}
  secretStoreRef:
    name: {{ $external.store }}
    kind: {{ $external.storeKind }}
  target:
    name: {{ .name }}
    creationPolicy: Orphan
  data:
    {{- range .v.secrets.keys }}
    - secretKey: {{ . }}
      remoteRef:
        key: {{ $external.remote | default (printf "leadmesh/%s" $.name) }}
        property: {{ . }}
    {{- end }}
{{- end -}}
{{- end -}}

