{{- define "leadmesh.notes" -}}
{{- $c := include "leadmesh.context" . | fromJson -}}
{{ .Chart.Name }} {{ .Chart.AppVersion }} is installed in {{ .Release.Namespace }}: http://{{ .Chart.Name }}:8000 for its neighbours.

  kubectl -n {{ .Release.Namespace }} get pods -l app.kubernetes.io/name={{ .Chart.Name }}
  kubectl -n {{ .Release.Namespace }} rollout status deployment/{{ .Chart.Name }}
  helm -n {{ .Release.Namespace }} rollback {{ .Release.Name }}        # the version before; migrations stay
{{- if and (not $c.v.secrets.external.enabled) }}

It reads {{ join ", " $c.v.secrets.keys }} from the Secret {{ $c.v.secrets.existingSecret }}.
{{- end }}
{{- end -}}
