{{- define "leadmesh.gateway" -}}
{{- $c := include "leadmesh.context" . | fromJson -}}
{{- if and (eq $c.v.expose.kind "httpRoute") (not $c.v.expose.parentRefs) -}}
{{- fail "expose.parentRefs must name a Gateway when expose.kind is httpRoute" -}}
{{- end -}}
{{- if or (le (int $c.v.drainSeconds) 30) (le (int $c.v.terminationGracePeriodSeconds) (int $c.v.drainSeconds)) -}}
{{- fail "drainSeconds must be longer than the longest request (30 s), and shorter than terminationGracePeriodSeconds" -}}
{{- end -}}
{{- $_ := set $c "root" . -}}
{{- $_ := set $c "component" "gateway" -}}
{{- range list "gateway.config" "leadmesh.serviceaccount" "gateway.secret" "gateway.service" "gateway.deployment" "gateway.scaling" "gateway.disruption"
    "gateway.network" "gateway.monitor" "gateway.expose" }}
---
{{ include . $c }}
{{- end }}
{{- end -}}

{{- define "gateway.config" -}}
apiVersion: v1
kind: ConfigMap
metadata:
  {{- include "leadmesh.metadata" . | nindent 2 }}
data:
  envoy.yaml: |
    {{- include "gateway.envoy" . | nindent 4 }}
{{- end -}}

{{- define "gateway.secret" -}}
{{- if .v.legacy.host }}{{ include "leadmesh.externalsecret" . }}{{ end -}}
{{- end -}}

{{- define "gateway.service" -}}
apiVersion: v1
kind: Service
metadata:
  {{- include "leadmesh.metadata" . | nindent 2 }}
  {{- with .v.service.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  type: {{ .v.service.type }}
  selector:
    {{- include "leadmesh.selector" . | nindent 4 }}
  ports:
    - {name: http, protocol: TCP, port: {{ .v.service.port }}, targetPort: http}
    - {name: metrics, protocol: TCP, port: 9901, targetPort: metrics}
    {{- if .v.legacy.host }}
    - {name: agent, protocol: TCP, port: 9902, targetPort: agent}
    {{- end }}
{{- end -}}

{{- define "gateway.deployment" -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  {{- include "leadmesh.metadata" . | nindent 2 }}
spec:
  {{- if not .v.autoscaling.enabled }}
  replicas: {{ .v.replicas }}
  {{- end }}
  revisionHistoryLimit: 5
  strategy: {type: RollingUpdate, rollingUpdate: {maxUnavailable: 0, maxSurge: 1}}
  selector:
    matchLabels:
      {{- include "leadmesh.selector" . | nindent 6 }}
  template:
    metadata:
      {{- include "leadmesh.podMetadata" (merge (dict "checksum" (include "gateway.envoy" . | sha256sum)) .) | nindent 6 }}
    spec:
      serviceAccountName: {{ .name }}
      terminationGracePeriodSeconds: {{ .v.terminationGracePeriodSeconds }}
      {{- include "leadmesh.podSpec" . | nindent 6 }}
      topologySpreadConstraints:
        {{- include "leadmesh.spread" . | trim | nindent 8 }}
      volumes:
        # In memory: what is in there may be a key.
        - name: run
          emptyDir: {medium: Memory, sizeLimit: 16Mi}
        - name: config
          configMap: {name: {{ .name }}}
        {{- if .v.legacy.host }}
        {{- include "leadmesh.secretVolume" . | nindent 8 }}
      initContainers:
        # Envoy starts with the states as they are, or not at all.
        - name: states
          {{- include "gateway.agent" . | nindent 10 }}
          args: [gateway.agent, --once]
        {{- end }}
      containers:
        - name: envoy
          image: {{ include "leadmesh.image" . }}
          imagePullPolicy: {{ .v.image.pullPolicy }}
          command: [envoy, -c, /etc/envoy/envoy.yaml]
          securityContext:
            {{- include "leadmesh.containerSecurity" . | nindent 12 }}
          resources:
            {{- toYaml .v.resources | nindent 12 }}
          volumeMounts:
            - {name: run, mountPath: /run/gateway}
            - {name: config, mountPath: /etc/envoy, readOnly: true}
          ports:
            - {name: http, protocol: TCP, containerPort: 8000}
            - {name: metrics, protocol: TCP, containerPort: 9901}
          lifecycle:
            preStop: {exec: {command: [sleep, {{ .v.drainSeconds | quote }}]}}
          startupProbe:
            httpGet: {path: /ready, port: metrics}
            periodSeconds: 1
            failureThreshold: 60
          # Not /health, which tells whether all services live: one that is away must not take the gateway along.
          readinessProbe:
            httpGet: {path: /ready, port: metrics}
            periodSeconds: 2
            timeoutSeconds: 2
            failureThreshold: 2
          livenessProbe:
            httpGet: {path: /ready, port: metrics}
            periodSeconds: 10
            timeoutSeconds: 5
            failureThreshold: 3
        {{- if .v.legacy.host }}
        - name: agent
          {{- include "gateway.agent" . | nindent 10 }}
          # Its page is for `kubectl port-forward`; others get the metrics only.
          args: [gateway.agent, --page-host, 0.0.0.0, --page-port, "9902"]
          ports:
            - {name: agent, protocol: TCP, containerPort: 9902}
          # As long as its Envoy serves, it must follow.
          lifecycle:
            preStop: {exec: {command: [sleep, {{ .v.drainSeconds | quote }}]}}
          startupProbe:
            exec: {command: [test, -e, /run/gateway/agent.beat]}
            periodSeconds: 2
            failureThreshold: 30
          # Once, so that `leadmesh route` waits for every pod that gets requests. MongoDB may go away later.
          readinessProbe:
            exec: {command: [test, -e, /run/gateway/agent.served]}
            periodSeconds: 2
          livenessProbe:
            exec: {command: [sh, -c, 'test "$(find /run/gateway/agent.beat -mmin -2)"']}
            periodSeconds: 30
            timeoutSeconds: 5
        {{- end }}
{{- end -}}

{{/* What both containers of the agent have. */}}
{{- define "gateway.agent" -}}
{{- $shared := mergeOverwrite (deepCopy (index .root.Values "leadmesh-library").image) (deepCopy ((.root.Values.global | default dict).image | default dict)) -}}
{{- $image := mergeOverwrite $shared .v.agent.image -}}
image: {{ include "leadmesh.image" (dict "v" (dict "image" $image) "name" "gateway-agent" "root" .root) }}
imagePullPolicy: {{ $image.pullPolicy }}
securityContext:
  {{- include "leadmesh.containerSecurity" . | nindent 2 }}
resources:
  {{- toYaml .v.agent.resources | nindent 2 }}
volumeMounts:
  - {name: run, mountPath: /run/gateway}
  {{- include "leadmesh.secretMount" . | nindent 2 }}
env:
  - {name: LEADMESH_LEGACY_URL, value: "{{ ternary "https" "http" .v.legacy.tls }}://{{ .v.legacy.host }}:{{ .v.legacy.port }}"}
  - {name: LEADMESH_ORIGINS, value: {{ join "," .v.origins | quote }}}
  - {name: LEADMESH_UNKNOWN_STATES, value: {{ .v.agent.unknownStates }}}
  {{- range $name, $value := .v.agent.env }}
  - {name: {{ $name }}, value: {{ toString $value | quote }}}
  {{- end }}
  {{- include "leadmesh.secretFiles" . | trim | nindent 2 }}
{{- end -}}

{{- define "gateway.scaling" -}}
{{- if .v.autoscaling.enabled -}}
{{ include "leadmesh.autoscaler" (merge (dict "scaling" .v.autoscaling) .) }}
{{- end -}}
{{- end -}}

{{- define "gateway.disruption" -}}
{{- if .v.disruption.enabled -}}
{{ include "leadmesh.budget" . }}
{{- end -}}
{{- end -}}

{{- define "gateway.monitor" -}}
{{- if include "leadmesh.on" (list .v.serviceMonitor.enabled "monitoring.coreos.com/v1" .root) -}}
{{ include "leadmesh.monitorOf" (merge (dict "kind" "ServiceMonitor" "port" "metrics" "path" "/stats/prometheus") .) }}
{{- if .v.legacy.host }}
---
{{ include "leadmesh.monitorOf" (merge (dict "kind" "ServiceMonitor" "suffix" "-agent" "port" "agent" "path" "/metrics") .) }}
{{- end }}
{{- end -}}
{{- end -}}
