{{- define "leadmesh.web" -}}
{{- $c := merge (dict "component" "web" "resources" .v.web.resources) . -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  {{- include "leadmesh.metadata" $c | nindent 2 }}
spec:
  {{- if not .v.web.autoscaling.enabled }}
  replicas: {{ .v.web.replicas }}
  {{- end }}
  revisionHistoryLimit: 5
  # A new pod serves before an old one goes.
  strategy: {type: RollingUpdate, rollingUpdate: {maxUnavailable: 0, maxSurge: 25%}}
  selector:
    matchLabels:
      {{- include "leadmesh.selector" $c | nindent 6 }}
  template:
    metadata:
      {{- include "leadmesh.podMetadata" $c | nindent 6 }}
    spec:
      serviceAccountName: {{ .name }}
      terminationGracePeriodSeconds: {{ .v.web.terminationGracePeriodSeconds }}
      {{- include "leadmesh.podSpec" $c | nindent 6 }}
      volumes:
        {{- include "leadmesh.volumes" $c | nindent 8 }}
      topologySpreadConstraints:
        {{- include "leadmesh.spread" $c | trim | nindent 8 }}
      containers:
        - {{ include "leadmesh.container" $c | nindent 10 | trim }}
          envFrom:
            - configMapRef: {name: {{ .name }}}
          ports:
            - {name: http, protocol: TCP, containerPort: 8000}
          lifecycle:
            # Not ready any more; requests that still come are served until the gateway has noticed.
            preStop: {exec: {command: [/app/docker/entrypoint, drain, {{ .v.web.drainSeconds | quote }}]}}
          startupProbe:
            httpGet: {path: /health/live, port: http}
            {{- toYaml .v.web.startup | nindent 12 }}
          readinessProbe:
            httpGet: {path: /health/ready, port: http}
            {{- toYaml .v.web.readiness | nindent 12 }}
          livenessProbe:
            httpGet: {path: /health/live, port: http}
            {{- toYaml .v.web.liveness | nindent 12 }}
{{- end -}}

{{- define "leadmesh.worker" -}}
{{- if .v.worker.enabled -}}
{{- $c := merge (dict "component" "worker" "suffix" "-worker" "resources" .v.worker.resources) . -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  {{- include "leadmesh.metadata" $c | nindent 2 }}
spec:
  {{- if not .v.worker.autoscaling.enabled }}
  replicas: {{ .v.worker.replicas }}
  {{- end }}
  revisionHistoryLimit: 5
  strategy: {type: RollingUpdate, rollingUpdate: {maxUnavailable: 0, maxSurge: 25%}}
  selector:
    matchLabels:
      {{- include "leadmesh.selector" $c | nindent 6 }}
  template:
    metadata:
      {{- include "leadmesh.podMetadata" $c | nindent 6 }}
    spec:
      serviceAccountName: {{ .name }}
      # A task that is cut off runs again elsewhere; it should rarely have to.
      terminationGracePeriodSeconds: {{ .v.worker.terminationGracePeriodSeconds }}
      {{- include "leadmesh.podSpec" $c | nindent 6 }}
      volumes:
        {{- include "leadmesh.volumes" $c | nindent 8 }}
      topologySpreadConstraints:
        {{- include "leadmesh.spread" $c | trim | nindent 8 }}
      containers:
        - {{ include "leadmesh.container" $c | nindent 10 | trim }}
          envFrom:
            - configMapRef: {name: {{ .name }}}
          ports:
            - {name: metrics, protocol: TCP, containerPort: 9100}
          # Alive without its broker: it waits for it, and a restart would not bring it back.
          startupProbe:
            httpGet: {path: /metrics, port: metrics}
            {{- toYaml .v.worker.startup | nindent 12 }}
          readinessProbe:
            exec: {command: [test, -e, /tmp/ready]}
            {{- toYaml .v.worker.readiness | nindent 12 }}
          livenessProbe:
            httpGet: {path: /metrics, port: metrics}
            {{- toYaml .v.worker.liveness | nindent 12 }}
{{- end -}}
{{- end -}}

{{/* One pod is enough: a second one would stand by. */}}
{{- define "leadmesh.bridge" -}}
{{- if and .v.bridge.enabled .facts.bridged -}}
{{- $c := merge (dict "component" "bridge" "suffix" "-bridge" "resources" .v.bridge.resources) . -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  {{- include "leadmesh.metadata" $c | nindent 2 }}
spec:
  replicas: 1
  revisionHistoryLimit: 5
  selector:
    matchLabels:
      {{- include "leadmesh.selector" $c | nindent 6 }}
  template:
    metadata:
      {{- include "leadmesh.podMetadata" $c | nindent 6 }}
    spec:
      serviceAccountName: {{ .name }}
      {{- include "leadmesh.podSpec" $c | nindent 6 }}
      volumes:
        {{- include "leadmesh.volumes" $c | nindent 8 }}
      containers:
        - {{ include "leadmesh.container" $c | nindent 10 | trim }}
          envFrom:
            - configMapRef: {name: {{ .name }}}
          ports:
            - {name: metrics, protocol: TCP, containerPort: 9100}
          # It touches its file every second, and waits by itself for a database that is away.
          startupProbe:
            httpGet: {path: /metrics, port: metrics}
            {{- toYaml .v.worker.startup | nindent 12 }}
          readinessProbe:
            exec: {command: [test, -e, /tmp/ready]}
            {{- toYaml .v.worker.readiness | nindent 12 }}
          livenessProbe:
            httpGet: {path: /metrics, port: metrics}
            {{- toYaml .v.worker.liveness | nindent 12 }}
{{- end -}}
{{- end -}}

{{/* Runs before the new code does, when neither ConfigMap nor ServiceAccount need exist yet. */}}
{{- define "leadmesh.migrate" -}}
{{- if .v.migrate.enabled -}}
{{- $c := merge (dict "component" "migrate" "suffix" "-migrate" "resources" .v.migrate.resources) . -}}
apiVersion: batch/v1
kind: Job
metadata:
  {{- include "leadmesh.metadata" $c | nindent 2 }}
  annotations:
    helm.sh/hook: pre-install,pre-upgrade
    helm.sh/hook-weight: "0"
    helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
spec:
  backoffLimit: {{ .v.migrate.backoffLimit }}
  activeDeadlineSeconds: {{ .v.migrate.activeDeadlineSeconds }}
  template:
    metadata:
      {{- include "leadmesh.podMetadata" $c | nindent 6 }}
    spec:
      restartPolicy: Never
      {{- include "leadmesh.podSpec" $c | nindent 6 }}
      volumes:
        {{- include "leadmesh.volumes" $c | nindent 8 }}
      containers:
        - {{ include "leadmesh.container" $c | nindent 10 | trim }}
            {{- range $key, $value := include "leadmesh.variables" . | fromJson }}
            - {name: {{ $key }}, value: {{ $value | quote }}}
            {{- end }}
{{- end -}}
{{- end -}}
