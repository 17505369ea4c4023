"""The settings that all services share. Each concern is one small function; `service_settings` puts them together."""

from pathlib import Path
from typing import Any

from core.observability.logs import logging_settings
from core.settings import env
from core.settings.broker import broker_settings
from core.settings.databases import database_settings
from core.settings.identity import identity_settings
from core.settings.messages import message_settings
from platform_services import SERVICES

Settings = dict[str, Any]

ROOT = Path(__file__).resolve().parents[2]
DEVELOPMENT_SECRET = "leadmesh-development-secret-do-not-use"  # noqa: S105 - refused outside development

_CORE_APPS = [
    # Not "unfold": that puts a site of its own in the place of ours, with a sign-in that knows no second factor.
    "unfold.apps.BasicAppConfig",
    "core.admin.apps.AdminConfig",
    "core.admin.apps.AuthConfig",
    "core.admin.apps.ContentTypesConfig",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_prometheus",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "core.documents.apps.DocumentsConfig",
    "core.identity.apps.IdentityConfig",
    "core.worker.apps.WorkerConfig",
    "core.events.apps.EventsConfig",
    "core.bridge.apps.BridgeConfig",
    "health_check",
    "core.health.apps.HealthConfig",
    "core.admin.apps.OperationsConfig",
]

_MIDDLEWARE = [
    "core.observability.middleware.RequestContextMiddleware",
    "core.api.middleware.HeadMiddleware",
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "core.admin.middleware.AdminOnlyMiddleware",
    "django.middleware.common.CommonMiddleware",
    "core.api.middleware.ContractErrorsMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]


def service_settings(name: str, apps: list[str], *, services: tuple[str, ...] = ()) -> Settings:
    """Return the whole settings dictionary of the service `name` with its Django `apps`.

    `services` names the services that live in this process when there are several (the monolith).
    Raises ImproperlyConfigured with one clear sentence for a setting that cannot be used.
    """
    environment = env.choice("LEADMESH_ENV", ("production", "development", "test"), "production")
    members = services or (name,)
    settings: Settings = {
        "LEADMESH_ENV": environment,
        "SERVICE_NAME": name,
        "SERVICES": members,
        "PLATFORM_SERVICES": SERVICES,
        "LEADMESH_VERSION": (ROOT / "VERSION").read_text(encoding="utf-8").strip(),
        "LEADMESH_INSTANCE": env.text("LEADMESH_INSTANCE", name),
        # While the file is there, the process serves but is not ready (core/settings/gunicorn.py).
        "DRAINING_FILE": env.text("LEADMESH_DRAINING_FILE"),
        "INSTALLED_APPS": _CORE_APPS + apps,
        "ROOT_URLCONF": f"services.{name}.urls",
        "WSGI_APPLICATION": f"services.{name}.wsgi.application",
    }
    for part in (
        _django_settings(environment),
        _rest_settings(name),
        _admin_settings(name),
        mail_settings(environment),
        message_settings(environment),
    ):
        settings |= part
    settings |= identity_settings(environment, DEVELOPMENT_SECRET)
    if environment == "production":
        env.refuse_equal({name: settings[name] for name in ("SECRET_KEY", "JWT_SECRET", "SERVICE_SECRET")})
    settings |= database_settings(name, members)
    settings |= broker_settings(name, members)
    settings["LOGGING"] = logging_settings(name, environment, env.text("LOG_LEVEL", "INFO"))
    settings["LOGGING_CONFIG"] = "core.observability.logs.configure"
    return settings


def _django_settings(environment: str) -> Settings:
    return {
        "DEBUG": False,
        "SECRET_KEY": env.secret("SECRET_KEY", DEVELOPMENT_SECRET, environment=environment),
        # The gateway is the only way in and checks hosts; pods are also probed by address.
        "ALLOWED_HOSTS": env.words("ALLOWED_HOSTS", "*"),
        "MIDDLEWARE": _MIDDLEWARE,
        "APPEND_SLASH": False,
        "USE_TZ": True,
        "TIME_ZONE": "UTC",
        "LANGUAGE_CODE": "en-us",
        "STATIC_URL": "/static/",
        # Images collect the files at build time; elsewhere they are found where the libraries keep them.
        "STATIC_ROOT": env.text("STATIC_ROOT") or None,
        "WHITENOISE_USE_FINDERS": not env.text("STATIC_ROOT"),
        "WHITENOISE_AUTOREFRESH": False,
        "DATA_UPLOAD_MAX_MEMORY_SIZE": env.integer("MAX_BODY_BYTES", 1_048_576, minimum=1024),
        "PUBLIC_URL": env.text("LEADMESH_PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/"),
        "FRONTEND_URL": env.text("FRONTEND_URL", "http://localhost:3001").rstrip("/"),
        "SECURE_CONTENT_TYPE_NOSNIFF": True,
        "X_FRAME_OPTIONS": "DENY",
        "CSRF_TRUSTED_ORIGINS": [env.text("LEADMESH_PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/")],
        "SILENCED_SYSTEM_CHECKS": ["admin.E408", "admin.E409", "admin.E410"],
    }


def _rest_settings(name: str) -> Settings:
    return {
        "REST_FRAMEWORK": {
            "DEFAULT_AUTHENTICATION_CLASSES": ["core.api.authentication.BearerAuthentication"],
            "DEFAULT_PERMISSION_CLASSES": ["core.api.permissions.IsAuthenticated"],
            "DEFAULT_RENDERER_CLASSES": ["core.api.rendering.JSONRenderer"],
            "DEFAULT_PARSER_CLASSES": ["core.api.parsing.JSONParser"],
            "EXCEPTION_HANDLER": "core.api.handler.contract_exception_handler",
            "DEFAULT_SCHEMA_CLASS": "core.api.schema.ContractSchema",
            "UNAUTHENTICATED_USER": None,
        },
        "SPECTACULAR_SETTINGS": {
            "TITLE": f"Leadmesh {name}",
            "VERSION": (ROOT / "VERSION").read_text(encoding="utf-8").strip(),
            "SERVE_INCLUDE_SCHEMA": False,
            "SWAGGER_UI_DIST": "SIDECAR",
            "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
            "SCHEMA_PATH_PREFIX": "/api",
            "COMPONENT_SPLIT_REQUEST": True,
        },
    }


def _admin_settings(name: str) -> Settings:
    return {
        "AUTHENTICATION_BACKENDS": ["core.admin.signin.AuthServiceBackend"],
        "SESSION_ENGINE": "django.contrib.sessions.backends.cache",
        "SESSION_COOKIE_NAME": "leadmesh_admin",
        "SESSION_COOKIE_AGE": 8 * 3600,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": env.boolean("COOKIES_SECURE", env.text("LEADMESH_PUBLIC_URL").startswith("https")),
        "CSRF_COOKIE_SECURE": env.boolean("COOKIES_SECURE", env.text("LEADMESH_PUBLIC_URL").startswith("https")),
        "CSRF_COOKIE_NAME": "leadmesh_csrf",
        "TEMPLATES": [
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
                "OPTIONS": {
                    "context_processors": [
                        "django.template.context_processors.request",
                        "django.contrib.auth.context_processors.auth",
                        "django.contrib.messages.context_processors.messages",
                    ]
                },
            }
        ],
        "UNFOLD": {"SITE_TITLE": f"Leadmesh {name}", "SITE_HEADER": f"Leadmesh {name}", "SITE_SYMBOL": "hub"},
    }


def mail_settings(environment: str) -> Settings:
    """Return the settings of mails."""
    host = env.text("SMTP_HOST")
    # Mails hold links that let people in: they are printed in development only.
    backend = "smtp" if host else "dummy" if environment == "production" else "console"
    return {
        "EMAIL_BACKEND": f"django.core.mail.backends.{backend}.EmailBackend",
        "EMAIL_HOST": host,
        "EMAIL_PORT": env.integer("SMTP_PORT", 587, minimum=1),
        "EMAIL_HOST_USER": env.text("SMTP_USER"),
        "EMAIL_HOST_PASSWORD": env.text("SMTP_PASS"),
        "EMAIL_USE_TLS": env.boolean("SMTP_TLS", True),
        "EMAIL_TIMEOUT": 10,
        "DEFAULT_FROM_EMAIL": env.text("SMTP_FROM", env.text("SMTP_USER", "Leadmesh <no-reply@leadmesh.local>")),
    }
