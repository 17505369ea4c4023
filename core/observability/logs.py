"""One JSON object per log line on stderr, for our own code and every library alike."""

import logging.config
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog
from opentelemetry import trace

# Values of these keys never reach a log, whichever code passes them (auth-rules §14).
_SECRET_KEYS = frozenset(
    {
        "password",
        "newpassword",
        "currentpassword",
        "token",
        "accesstoken",
        "refreshtoken",
        "secret",
        "code",
        "authorization",
        "cookie",
        "key",
    }
)


def logging_settings(service: str, environment: str, level: str) -> dict[str, Any]:
    """Return a logging configuration: JSON lines with service and environment, quiet libraries."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "service": service,
        "formatters": {"json": {"()": "core.observability.logs.json_formatter", "service": service}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "pymongo": {"level": "WARNING"},
            "httpx": {"level": "WARNING"},
            "httpcore": {"level": "WARNING"},
            "kombu": {"level": "WARNING"},
            "celery": {"level": "WARNING"},
            "django.request": {"level": "ERROR"},
            "django.server": {"level": "WARNING"},
            # What is down is down at every probe: the answers tell it, not a traceback every second.
            "health_check": {"level": "ERROR"},
        },
    }


def configure(settings: Mapping[str, object]) -> None:
    """Apply `logging_settings` to logging and structlog (Django's LOGGING_CONFIG)."""
    logging.config.dictConfig({name: value for name, value in settings.items() if name != "service"})
    structlog.configure(
        processors=[*_shared_processors(), structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def json_formatter(service: str) -> logging.Formatter:
    """Return the formatter that turns any record into one JSON line."""

    def add_service(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        return {"service": service, **event}

    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_shared_processors(),
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            add_service,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(default=str),
        ],
    )


def _shared_processors() -> list[Any]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        _add_trace,
        _redact,
    ]


def _add_trace(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        event["trace"] = f"{context.trace_id:032x}"
    return event


def _redact(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for name in event:
        if name.lower().replace("_", "") in _SECRET_KEYS:
            event[name] = "[redacted]"
    return event
