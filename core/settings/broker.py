"""Redis as cache and Celery broker. Losing it never loses data: events wait in the outbox (docs/decisions)."""

from typing import Any

from core.settings import env

# Fail fast: whatever uses Redis on a request path must notice its absence within this many seconds.
_SOCKET_SECONDS = 1.0


def broker_settings(name: str, members: tuple[str, ...]) -> dict[str, Any]:
    """Return the cache and Celery settings of the process `name` which consumes the queues of `members`."""
    url = env.text("REDIS_URL", "redis://127.0.0.1:6379/0")
    return {
        "REDIS_URL": url,
        "CACHES": {
            "default": {
                "BACKEND": "django.core.cache.backends.redis.RedisCache",
                "LOCATION": url,
                "KEY_PREFIX": "leadmesh",
                "OPTIONS": {"socket_timeout": _SOCKET_SECONDS, "socket_connect_timeout": _SOCKET_SECONDS},
            },
            # Of this process alone, for what may be some seconds old and is asked for all the time.
            "memory": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": 5_000}},
        },
        "CELERY": celery_settings(url, members),
        "CELERY_WORKER_THREADS": env.integer("WORKER_THREADS", 4, minimum=1),
    }


def celery_settings(url: str, members: tuple[str, ...]) -> dict[str, Any]:
    """Return Celery's configuration: at-least-once delivery, one process with threads, JSON only.

    A message of a killed worker is restored within seconds (the default is about 100 s) and tasks must end within
    `visibility_timeout`, or they run twice; see docs/decisions for the measurements.
    """
    return {
        "broker_url": url,
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "broker_transport_options": {
            "visibility_timeout": 3600,
            "unacked_restore_interval": 2,
            "unacked_restore_throttle": 2,
            "socket_timeout": 5.0,
            "socket_connect_timeout": _SOCKET_SECONDS,
            "socket_keepalive": True,
            "retry_policy": {"max_retries": 0, "timeout": _SOCKET_SECONDS},
        },
        "task_ignore_result": True,
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "task_default_queue": f"{members[0]}.jobs",
        "task_create_missing_queues": True,
        "task_publish_retry": False,
        "task_serializer": "json",
        "accept_content": ["json"],
        "timezone": "UTC",
        "worker_prefetch_multiplier": 4,
        "worker_hijack_root_logger": False,
        "worker_send_task_events": False,
        "worker_cancel_long_running_tasks_on_connection_loss": False,
    }
