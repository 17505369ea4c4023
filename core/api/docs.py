"""The API description: one document per service and one page for all of them."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.templatetags.static import static
from django.views.decorators.cache import cache_control
from drf_spectacular.generators import SchemaGenerator

from core.api.rendering import json_response, to_json
from core.api.routing import route

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Leadmesh API</title>
<link rel="stylesheet" href="{css}"></head>
<body><div id="api"></div>
<script src="{bundle}"></script><script src="{preset}"></script>
<script>
SwaggerUIBundle({{
  urls: {urls}, dom_id: "#api", deepLinking: true, persistAuthorization: true,
  presets: [SwaggerUIBundle.presets.apis, SwaggerUIStandalonePreset], layout: "StandaloneLayout"
}});
</script></body></html>
"""


def schema(request: HttpRequest) -> HttpResponse:
    """Answer the OpenAPI document of this process' services, read off their views."""
    return json_response(api_schema())


def api_schema() -> dict[str, Any]:
    """Return the OpenAPI document of this process."""
    generator: Any = SchemaGenerator
    document: dict[str, Any] = generator().get_schema(request=None, public=True)
    bearer = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    document.setdefault("components", {})["securitySchemes"] = {"bearerAuth": bearer}
    return document


@cache_control(max_age=300)
def page(request: HttpRequest) -> HttpResponse:
    """Answer the page that shows every service's API, chosen in its top bar."""
    names = settings.PLATFORM_SERVICES if len(settings.SERVICES) == 1 else (settings.SERVICE_NAME,)
    urls = [{"name": name, "url": f"/api/schema/{name}"} for name in names]
    folder = "drf_spectacular_sidecar/swagger-ui-dist"
    files = {"css": "swagger-ui.css", "bundle": "swagger-ui-bundle.js", "preset": "swagger-ui-standalone-preset.js"}
    addresses = {name: static(f"{folder}/{file}") for name, file in files.items()}
    return HttpResponse(_PAGE.format(urls=to_json(urls).decode(), **addresses))


def docs_urls(name: str) -> list[Any]:
    """Return the URL patterns of the description of the service `name` and of the page."""
    names = {name, *(settings.SERVICES if len(settings.SERVICES) > 1 else ())}
    return [route("api/docs", page), *[route(f"api/schema/{service}", schema) for service in sorted(names)]]
