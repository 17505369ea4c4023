"""What one caller, or all of them together, can take of the gateway: memory, time, connections, requests."""

from typing import Any

Config = dict[str, Any]

_TYPES = "type.googleapis.com/envoy"
# Largest body that is held until it is whole, so that no slow sender occupies a thread of a service: the largest JSON body
# (MAX_BODY_BYTES). Routes marked `uploads` in routes.toml take more; theirs are passed on piece by piece.
BODY_BYTES = 1024 * 1024
# What is held of a body that is passed on, and of every answer, for each connection.
PIECE_BYTES = 64 * 1024
# Uploads at once, from all callers: each occupies a thread of the service while it arrives. More of them wait.
_UPLOADS, _WAITING_UPLOADS = 4, 64
_CONNECTIONS = 5000
# Addresses whose requests are counted. The least recent one is forgotten, with a full bucket: two seconds are enough for
# that. An entry is about 1 KiB.
_ADDRESSES = 20_000
# Mebibytes of the heap where nothing else is said: Envoy takes about 60 more; containers have 512.
HEAP = 256
_HEAP = "envoy.resource_monitors.fixed_heap"


def timeouts() -> Config:
    """Return the times of the connection manager: for headers, for a whole request, without any byte, without request."""
    return {
        "request_headers_timeout": "10s",
        "request_timeout": "120s",
        "stream_idle_timeout": "60s",
    }


def connections(mebibytes: int) -> Config:
    """Return the parts of a bootstrap that keep the heap at `mebibytes`: under pressure idle senders are cut off, sooner
    and sooner; nearly full, new requests are refused (503). Free memory goes back to the system at once."""
    heap = {"@type": f"{_TYPES}.extensions.resource_monitors.fixed_heap.v3.FixedHeapConfig"}
    open_ = f"{_TYPES}.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig"
    return {
        "overload_manager": {
            "refresh_interval": "0.1s",
            "resource_monitors": [
                {
                    "name": "envoy.resource_monitors.global_downstream_max_connections",
                    "typed_config": {"@type": open_, "max_active_downstream_connections": _CONNECTIONS},
                },
                {"name": _HEAP, "typed_config": {**heap, "max_heap_size_bytes": mebibytes * 1024 * 1024}},
            ],
            "actions": [_impatience(), _action("shrink_heap", 0.7), _action("stop_accepting_requests", 0.95)],
        },
        "memory_allocator_manager": {"bytes_to_release": 64 * 1024 * 1024, "memory_release_interval": "0.5s"},
    }


def _action(name: str, share: float) -> Config:
    trigger = {"name": _HEAP, "threshold": {"value": share}}
    return {"name": f"envoy.overload_actions.{name}", "triggers": [trigger]}


def _impatience() -> Config:
    timers = ("HTTP_DOWNSTREAM_STREAM_IDLE", "HTTP_DOWNSTREAM_CONNECTION_IDLE")
    return {
        "name": "envoy.overload_actions.reduce_timeouts",
        "triggers": [{"name": _HEAP, "scaled": {"scaling_threshold": 0.25, "saturation_threshold": 0.5}}],
        "typed_config": {
            "@type": f"{_TYPES}.config.overload.v3.ScaleTimersOverloadActionConfig",
            "timer_scale_factors": [{"timer": timer, "min_timeout": "1s"} for timer in timers],
        },
    }


def circuit_breakers() -> Config:
    """Return what a service may be asked at once; uploads have the priority HIGH, so that they are counted by themselves."""
    usual = {"max_connections": 512, "max_pending_requests": 512, "max_requests": 1024, "max_retries": 64}
    uploads = {"priority": "HIGH", "max_connections": _UPLOADS, "max_pending_requests": _WAITING_UPLOADS}
    return {"thresholds": [usual, uploads]}


def upload_route() -> Config:
    """Return what a route has whose bodies may be large."""
    passed_on = {"@type": f"{_TYPES}.extensions.filters.http.buffer.v3.BufferPerRoute", "disabled": True}
    return {"typed_per_filter_config": {"envoy.filters.http.buffer": passed_on}}


def rate(per_second: int) -> Config:
    """Return the rate limit: a bucket for every client address."""
    always = {"default_value": {"numerator": 100, "denominator": "HUNDRED"}}
    return {
        "stat_prefix": "rate_limit",
        # For requests without address; there are none. No other requests use it: one flood would empty it for all.
        "token_bucket": _bucket(100_000),
        "always_consume_default_token_bucket": False,
        "max_dynamic_descriptors": _ADDRESSES,
        "filter_enabled": always,
        "filter_enforced": always,
        "rate_limits": [{"actions": [{"remote_address": {}}]}],
        "descriptors": [{"entries": [{"key": "remote_address"}], "token_bucket": _bucket(per_second)}],
    }


def _bucket(per_second: int) -> Config:
    return {"max_tokens": 2 * per_second, "tokens_per_fill": per_second, "fill_interval": "1s"}
