"""The schemas of the charts' values: helm checks what a person sets before anything is rendered."""

from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
SWITCH: Schema = {"type": "boolean"}
AUTO: Schema = {"enum": [True, False, "auto"]}
COUNT: Schema = {"type": "integer", "minimum": 1}
PERCENT: Schema = {"type": "integer", "minimum": 10, "maximum": 95}
SECONDS: Schema = {"type": "integer", "minimum": 1, "maximum": 3600}
PORT: Schema = {"type": "integer", "minimum": 1, "maximum": 65535}
OBJECT: Schema = {"type": "object"}
NAME: Schema = {"type": "string", "pattern": "^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"}
VARIABLE: Schema = {"type": "string", "pattern": "^[A-Z][A-Z0-9_]*$"}
SCALARS: Schema = {"type": "object", "additionalProperties": {"type": ["string", "integer", "number", "boolean"]}}
TEXTS: Schema = {"type": "object", "additionalProperties": TEXT}


def items(schema: Schema) -> Schema:
    """Return the schema of a list."""
    return {"type": "array", "items": schema}


def members(**properties: Schema) -> Schema:
    """Return the schema of an object with these members and no others."""
    return {"type": "object", "additionalProperties": False, "properties": properties}


def _without(schema: Schema, *names: str) -> Schema:
    return {**schema, "properties": {name: of for name, of in schema["properties"].items() if name not in names}}


RESOURCES = members(requests=OBJECT, limits=OBJECT)
PROBE = members(periodSeconds=SECONDS, timeoutSeconds=SECONDS, failureThreshold=COUNT, initialDelaySeconds=SECONDS)
SCALING: Schema = {
    "enabled": SWITCH,
    "minReplicas": COUNT,
    "maxReplicas": COUNT,
    "cpuPercent": PERCENT,
    "scaleDownSeconds": {"type": "integer", "minimum": 0, "maximum": 3600},
}
PEERS = items(OBJECT)
EDGE = members(peers=PEERS, ports=items(PORT))
INGRESS = members(className=TEXT, annotations=TEXTS, tlsSecret=TEXT)
PODS: Schema = {
    "podAnnotations": TEXTS,
    "podLabels": TEXTS,
    "nodeSelector": TEXTS,
    "tolerations": items(OBJECT),
    "affinity": OBJECT,
    "priorityClassName": TEXT,
}
IMAGE = members(
    registry=TEXT,
    repository=TEXT,
    tag=TEXT,
    digest={"type": "string", "pattern": "^(sha256:[0-9a-f]{64})?$"},
    pullPolicy={"enum": ["Always", "IfNotPresent", "Never"]},
)
ENV: Schema = {**SCALARS, "propertyNames": VARIABLE}
SHARED: Schema = {
    "image": IMAGE,
    "imagePullSecrets": items(members(name=NAME)),
    "secrets": members(
        existingSecret=NAME,
        keys={**items(VARIABLE), "minItems": 1, "uniqueItems": True},
        external=members(
            enabled=SWITCH,
            store=NAME,
            storeKind={"enum": ["SecretStore", "ClusterSecretStore"]},
            remote=TEXT,
            refreshInterval=TEXT,
        ),
    ),
    "env": ENV,
    "web": members(
        replicas=COUNT,
        threads=COUNT,
        resources=RESOURCES,
        autoscaling=members(**SCALING, requestsPerSecond=COUNT),
        drainSeconds=SECONDS,
        gracefulSeconds=SECONDS,
        terminationGracePeriodSeconds=SECONDS,
        startup=PROBE,
        readiness=PROBE,
        liveness=PROBE,
    ),
    "worker": members(
        enabled=SWITCH,
        replicas=COUNT,
        threads=COUNT,
        resources=RESOURCES,
        autoscaling=members(**SCALING, queueDepth=COUNT),
        terminationGracePeriodSeconds=SECONDS,
        startup=PROBE,
        readiness=PROBE,
        liveness=PROBE,
    ),
    "bridge": members(enabled=SWITCH, resources=RESOURCES),
    "migrate": members(
        enabled=SWITCH,
        backoffLimit={"type": "integer", "minimum": 0, "maximum": 20},
        activeDeadlineSeconds=SECONDS,
        resources=RESOURCES,
    ),
    "customMetrics": members(requestRate=AUTO, queueDepth=AUTO),
    "disruption": members(enabled=SWITCH, maxUnavailable={"type": ["integer", "string"]}),
    "network": members(
        enabled=SWITCH,
        gateway=PEERS,
        monitoring=PEERS,
        dns=EDGE,
        mongodb=EDGE,
        redis=EDGE,
        traces=members(enabled=SWITCH, peers=PEERS, ports=items(PORT)),
        outside=members(enabled=SWITCH, peers=PEERS, https=items(PORT), smtp=items(PORT)),
    ),
    "serviceMonitor": members(enabled=AUTO, interval=TEXT, labels=TEXTS),
    "routing": members(
        kind={"enum": ["none", "httpRoute", "ingress"]}, hosts=items(TEXT), parentRefs=items(OBJECT), ingress=INGRESS
    ),
    "mesh": members(kind={"enum": ["none", "istio", "linkerd"]}),
    **PODS,
}
GATEWAY: Schema = {
    "origins": items({"type": "string", "pattern": "^https?://[^/]+$"}),
    "rateLimit": COUNT,
    "heap": COUNT,
    "trustedProxies": {"type": "integer", "minimum": 0},
    "legacy": members(host=TEXT, port=PORT, tls=SWITCH),
    "agent": members(image=IMAGE, resources=RESOURCES, env=ENV, unknownStates={"enum": ["wait", "legacy", "service"]}),
    "tracing": members(host=TEXT, port=PORT),
    "config": TEXT,
    "replicas": COUNT,
    "resources": RESOURCES,
    "autoscaling": members(**SCALING),
    "drainSeconds": SECONDS,
    "terminationGracePeriodSeconds": SECONDS,
    "service": members(type={"enum": ["ClusterIP", "NodePort", "LoadBalancer"]}, port=PORT, annotations=TEXTS),
    "expose": members(
        kind={"enum": ["none", "ingress", "httpRoute"]}, hosts=items(TEXT), ingress=INGRESS, parentRefs=items(OBJECT)
    ),
    "clients": PEERS,
}
# What services have of their own cannot be the same for all.
GLOBAL: Schema = {**SHARED, "image": _without(IMAGE, "repository", "digest")}
_DRAFT = "http://json-schema.org/draft-07/schema#"


def chart(own: Schema) -> Schema:
    """Return the schema of a chart with the values `own`; `global` may hold any that services share."""
    # helm adds the library's values; `enabled` is how the umbrella switches a chart on.
    added = {"global": members(**GLOBAL), "leadmesh-library": OBJECT, "enabled": SWITCH}
    return {"$schema": _DRAFT, **members(**own, **added)}


def umbrella(charts: tuple[str, ...]) -> Schema:
    """Return the schema of the chart that holds `charts`; each checks its own part."""
    return {"$schema": _DRAFT, **members(**dict.fromkeys(charts, OBJECT), **{"global": members(**GLOBAL)})}
