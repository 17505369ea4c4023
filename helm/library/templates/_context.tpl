{{/* All objects of a service. Context: the chart's own. */}}
{{- define "leadmesh.service" -}}
{{- $c := include "leadmesh.context" . | fromJson -}}
{{- $_ := set $c "root" . -}}
{{- range list "config" "serviceaccount" "externalsecret" "services" "web" "worker" "bridge" "migrate" "scaling" "disruption"
    "network" "monitor" "routing" "mesh" }}
---
{{ include (printf "leadmesh.%s" .) $c }}
{{- end }}
{{- end -}}

{{/* What templates work with: v (values), name, facts (written by helm/generate.py). */}}
{{- define "leadmesh.context" -}}
{{- $defaults := omit (index .Values "leadmesh-library") "global" -}}
{{- $v := mergeOverwrite (deepCopy $defaults) (deepCopy (.Values.global | default dict)) (omit (deepCopy .Values) "global" "leadmesh-library") -}}
{{- include "leadmesh.check" $v -}}
{{- dict "v" $v "name" .Chart.Name "facts" (.Files.Get "files/facts.json" | fromJson) | toJson -}}
{{- end -}}

{{/* Refuses values that would lose requests. */}}
{{- define "leadmesh.check" -}}
{{- $needed := add .web.drainSeconds .web.gracefulSeconds 5 -}}
{{- if lt (int .web.terminationGracePeriodSeconds) (int $needed) -}}
{{- fail (printf "web.terminationGracePeriodSeconds must be at least %d: drainSeconds + gracefulSeconds + 5" $needed) -}}
{{- end -}}
{{- if and (eq .routing.kind "httpRoute") (not .routing.parentRefs) -}}
{{- fail "routing.parentRefs must name a Gateway when routing.kind is httpRoute" -}}
{{- end -}}
{{- end -}}

{{/* "true" or nothing. Context: switch (true, false, auto), the API that decides for auto, root. */}}
{{- define "leadmesh.on" -}}
{{- $switch := index . 0 -}}
{{- if eq (toString $switch) "auto" -}}
{{- if (index . 2).Capabilities.APIVersions.Has (index . 1) -}}true{{- end -}}
{{- else if $switch -}}true{{- end -}}
{{- end -}}

{{/* The newer of two versions of an API where the cluster has it. Context: newer, older, the release that brought it, root. */}}
{{- define "leadmesh.api" -}}
{{- $capabilities := (index . 3).Capabilities -}}
{{- $new := and ($capabilities.APIVersions.Has (index . 0)) (semverCompare (index . 2) $capabilities.KubeVersion.Version) -}}
{{- ternary (index . 0) (index . 1) $new -}}
{{- end -}}

{{- define "leadmesh.selector" -}}
app.kubernetes.io/name: {{ .name }}
{{- with .component }}
app.kubernetes.io/component: {{ . }}
{{- end }}
{{- end -}}

{{- define "leadmesh.labels" -}}
{{ include "leadmesh.selector" . }}
app.kubernetes.io/part-of: leadmesh
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end -}}

{{/* metadata: of an object. Context: c, and optionally component, suffix. */}}
{{- define "leadmesh.metadata" -}}
name: {{ .name }}{{ .suffix }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "leadmesh.labels" . | nindent 2 }}
{{- end -}}

{{- define "leadmesh.image" -}}
{{- $image := .v.image -}}
{{- $name := $image.repository | default (printf "leadmesh/%s" .name) -}}
{{- with $image.registry }}{{ $name = printf "%s/%s" . $name }}{{ end -}}
{{- if $image.digest -}}{{ $name }}@{{ $image.digest }}{{- else -}}{{ $name }}:{{ $image.tag | default .root.Chart.AppVersion }}{{- end -}}
{{- end -}}
