{{/* Envoy's configuration: one of files/ (written by helm/generate.py) with this installation's values. Beside an old system
the agent writes the routes, with these values as well. */}}
{{- define "gateway.envoy" -}}
{{- if .v.config -}}
{{ .v.config }}
{{- else -}}
{{- $config := .root.Files.Get (ternary "files/envoy-legacy.json" "files/envoy.json" (not (empty .v.legacy.host))) | fromJson -}}
{{- $resources := $config.static_resources -}}
{{- $manager := (first (first (first $resources.listeners).filter_chains).filters).typed_config -}}
{{- $quoted := list -}}
{{- range .v.origins }}{{ $quoted = append $quoted (regexQuoteMeta .) }}{{ end -}}
{{- $pattern := dict "safe_regex" (dict "regex" (join "|" $quoted)) -}}
{{- with $manager.route_config -}}
{{- $host := first .virtual_hosts -}}
{{- $origins := list -}}
{{- range $.v.origins }}{{ $origins = append $origins (dict "exact" .) }}{{ end -}}
{{- $_ := set (index $host.typed_per_filter_config "envoy.filters.http.cors") "allow_origin_string_match" $origins -}}
{{- range $host.routes -}}
{{- range .match.headers -}}
{{- if and (eq .name "origin") (hasKey . "string_match") }}{{ $_ := set . "string_match" $pattern }}{{ end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range $manager.local_reply_config.mappers -}}
{{- with .filter.and_filter }}{{ $_ := set (last .filters).header_filter.header "string_match" $pattern }}{{ end -}}
{{- end -}}
{{- range $config.overload_manager.resource_monitors -}}
{{- if hasKey .typed_config "max_heap_size_bytes" -}}
{{- $_ := set .typed_config "max_heap_size_bytes" (mul $.v.heap 1024 1024) -}}
{{- end -}}
{{- end -}}
{{- $_ := set $manager "xff_num_trusted_hops" .v.trustedProxies -}}
{{- range $manager.http_filters -}}
{{- if eq .name "envoy.filters.http.local_ratelimit" -}}
{{- $bucket := (first .typed_config.descriptors).token_bucket -}}
{{- $_ := set $bucket "tokens_per_fill" $.v.rateLimit -}}
{{- $_ := set $bucket "max_tokens" (mul 2 $.v.rateLimit) -}}
{{- end -}}
{{- end -}}
{{- if not .v.tracing.host }}{{ $_ := unset $manager "tracing" }}{{ end -}}
{{- $clusters := list -}}
{{- range $resources.clusters -}}
{{- if eq .name "legacy" -}}
{{- $clusters = append $clusters (include "gateway.outside" (list . $.v.legacy) | fromJson) -}}
{{- else if eq .name "traces" -}}
{{- if $.v.tracing.host }}{{ $clusters = append $clusters (include "gateway.outside" (list . $.v.tracing) | fromJson) }}{{ end -}}
{{- else -}}
{{- $clusters = append $clusters . -}}
{{- end -}}
{{- end -}}
{{- $_ := set $resources "clusters" $clusters -}}
{{ $config | toPrettyJson }}
{{- end -}}
{{- end -}}

{{/* A cluster with another address. Context: the cluster; host, port, tls. */}}
{{- define "gateway.outside" -}}
{{- $cluster := index . 0 -}}
{{- $there := index . 1 -}}
{{- $address := (first (first $cluster.load_assignment.endpoints).lb_endpoints).endpoint.address.socket_address -}}
{{- $_ := set $address "address" $there.host -}}
{{- $_ := set $address "port_value" $there.port -}}
{{- if not $there.tls -}}
{{- $_ := unset $cluster "transport_socket" -}}
{{- else -}}
{{- $tls := $cluster.transport_socket.typed_config -}}
{{- $_ := set $tls "sni" $there.host -}}
{{- $_ := set (first $tls.common_tls_context.validation_context.match_typed_subject_alt_names).matcher "exact" $there.host -}}
{{- end -}}
{{ $cluster | toJson }}
{{- end -}}
