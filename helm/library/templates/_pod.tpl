{{/* metadata of a pod. */}}
{{- define "leadmesh.podMetadata" -}}
labels:
  {{- include "leadmesh.selector" . | nindent 2 }}
  app.kubernetes.io/part-of: leadmesh
  {{- with .v.podLabels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
  {{- with include "leadmesh.meshLabels" . }}
  {{- . | nindent 2 }}
  {{- end }}
annotations:
  checksum/config: {{ .checksum | default (include "leadmesh.variables" . | sha256sum) }}
  {{- with .v.podAnnotations }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
  {{- with include "leadmesh.meshAnnotations" . }}
  {{- . | nindent 2 }}
  {{- end }}
{{- end -}}

{{/* What the specifications of all pods begin with: no token, no root, nothing to write to but /tmp. */}}
{{- define "leadmesh.podSpec" -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile: {type: RuntimeDefault}
{{- with .v.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- range $key := list "nodeSelector" "tolerations" "affinity" "priorityClassName" }}
{{- with index $.v $key }}
{{ $key }}:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "leadmesh.volumes" -}}
- name: tmp
  emptyDir: {sizeLimit: 256Mi}
{{ include "leadmesh.secretVolume" . }}
{{- end -}}

{{- define "leadmesh.secretVolume" -}}
- name: secrets
  secret:
    secretName: {{ include "leadmesh.secretName" . }}
    defaultMode: 0440
    items:
      {{- range .v.secrets.keys }}
      - {key: {{ . }}, path: {{ . }}}
      {{- end }}
{{- end -}}

{{- define "leadmesh.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end -}}

{{/* What all containers begin with. Context: c with component and resources. */}}
{{- define "leadmesh.container" -}}
name: {{ .component }}
image: {{ include "leadmesh.image" . }}
imagePullPolicy: {{ .v.image.pullPolicy }}
args: [{{ .component }}]
securityContext:
  {{- include "leadmesh.containerSecurity" . | nindent 2 }}
resources:
  {{- toYaml .resources | nindent 2 }}
volumeMounts:
  - {name: tmp, mountPath: /tmp}
  {{- include "leadmesh.secretMount" . | nindent 2 }}
env:
  - name: LEADMESH_INSTANCE
    valueFrom: {fieldRef: {fieldPath: metadata.name}}
  {{- include "leadmesh.secretFiles" . | trim | nindent 2 }}
{{- end -}}

{{- define "leadmesh.secretMount" -}}
- {name: secrets, mountPath: /run/secrets/leadmesh, readOnly: true}
{{- end -}}

{{/* Entries of env: that name the files of secrets. */}}
{{- define "leadmesh.secretFiles" -}}
{{- range .v.secrets.keys }}
- {name: {{ . }}_FILE, value: /run/secrets/leadmesh/{{ . }}}
{{- end }}
{{- end -}}

{{/* Pods of a kind go to different zones and machines where there are some. */}}
{{- define "leadmesh.spread" -}}
{{- range $key := list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
- maxSkew: 1
  topologyKey: {{ $key }}
  whenUnsatisfiable: ScheduleAnyway
  labelSelector:
    matchLabels:
      {{- include "leadmesh.selector" $ | nindent 6 }}
{{- end }}
{{- end -}}
