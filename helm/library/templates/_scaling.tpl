{{- define "leadmesh.scaling" -}}
{{- $custom := .v.customMetrics -}}
{{- $rate := include "leadmesh.on" (list $custom.requestRate "custom.metrics.k8s.io/v1beta1" .root) -}}
{{- $depth := include "leadmesh.on" (list $custom.queueDepth "external.metrics.k8s.io/v1beta1" .root) -}}
{{- if .v.web.autoscaling.enabled }}
{{ include "leadmesh.autoscaler" (merge (dict "component" "web" "scaling" .v.web.autoscaling "rate" $rate) .) }}
{{- end }}
{{- if and .v.worker.enabled .v.worker.autoscaling.enabled }}
---
{{ include "leadmesh.autoscaler" (merge (dict "component" "worker" "suffix" "-worker" "scaling" .v.worker.autoscaling "depth" $depth) .) }}
{{- end }}
{{- end -}}

{{- define "leadmesh.autoscaler" -}}
apiVersion: {{ include "leadmesh.api" (list "autoscaling/v2" "autoscaling/v2beta2" ">=1.23-0" .root) }}
kind: HorizontalPodAutoscaler
metadata:
  {{- include "leadmesh.metadata" . | nindent 2 }}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: {{ .name }}{{ .suffix }}}
  minReplicas: {{ .scaling.minReplicas }}
  maxReplicas: {{ .scaling.maxReplicas }}
  metrics:
    - type: Resource
      resource:
        name: cpu
        target: {type: Utilization, averageUtilization: {{ .scaling.cpuPercent }}}
    {{- if .rate }}
    - type: Pods
      pods:
        metric: {name: leadmesh_requests_per_second}
        target: {type: AverageValue, averageValue: {{ .scaling.requestsPerSecond | quote }}}
    {{- end }}
    {{- if .depth }}
    - type: External
      external:
        metric: {name: leadmesh_queue_depth, selector: {matchLabels: {service: {{ .name }}}}}
        target: {type: AverageValue, averageValue: {{ .scaling.queueDepth | quote }}}
    {{- end }}
  # Up at once, down slowly: a short lull between two rushes must not cost the second one.
  behavior:
    scaleUp:
      stabilizationWindowSeconds: 0
      policies: [{type: Percent, value: 100, periodSeconds: 15}, {type: Pods, value: 2, periodSeconds: 15}]
      selectPolicy: Max
    scaleDown:
      stabilizationWindowSeconds: {{ .scaling.scaleDownSeconds }}
      policies: [{type: Percent, value: 25, periodSeconds: 60}]
{{- end -}}
