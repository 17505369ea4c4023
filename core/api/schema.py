"""How the API description (OpenAPI) is read off the views: access, bodies, queries, docstrings."""

from typing import Any

from drf_spectacular.openapi import AutoSchema

from core.api.views import ContractView

_ERROR = {
    "type": "object",
    "required": ["message", "statusCode"],
    "properties": {
        "statusCode": {"type": "integer"},
        "message": {"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
        "error": {"type": "string"},
    },
}
_JSON = {"application/json": {"schema": {"type": "object", "additionalProperties": True}}}


class ContractSchema(AutoSchema):
    """Describes a ContractView's operation. Answers are described by contract/*.yaml, not by serializers."""

    view: Any

    def is_excluded(self) -> bool:
        """Leave out methods that the view does not declare and views that are no part of the API."""
        return not isinstance(self.view, ContractView) or self.method.lower() not in self.view.access

    def get_request_serializer(self) -> Any:
        """Return the body's validator."""
        return self.view.bodies.get(self.method.lower())

    def get_response_serializers(self) -> Any:
        """Return nothing to guess from: `_get_response_bodies` says it all."""
        return {}

    def _resolve_path_parameters(self, variables: list[str]) -> list[dict[str, Any]]:
        return [{"in": "path", "name": name, "required": True, "schema": {"type": "string"}} for name in variables]

    def get_override_parameters(self) -> list[Any]:
        """Return the query's validator, whose fields become parameters."""
        query = self.view.queries.get(self.method.lower())
        return [query] if query else []

    def get_auth(self) -> list[dict[str, list[str]]]:
        """Return the security requirement."""
        return [] if self._access.public else [{"bearerAuth": []}]

    def get_operation_id(self) -> str:
        """Return a unique id: method and path."""
        words = [word for word in self.path.replace("{", "").replace("}", "").split("/") if word not in ("", "api")]
        return "_".join([self.method.lower(), *words]).replace("-", "_").replace(".", "_")

    def get_description(self) -> str:  # type: ignore[override]  # the base class' stub is of another generator
        """Return the docstring of the method or view, and who may call it."""
        return f"{super().get_description()}\n\nAccess: {self._access.description}.".strip()

    def get_tags(self) -> list[str]:
        """Return the first segment after /api."""
        return [next(word for word in self.path.split("/") if word not in ("", "api"))]

    def _get_response_bodies(self, direction: str = "response") -> dict[str, Any]:
        status = self.view.statuses.get(self.method.lower(), 201 if self.method == "POST" else 200)
        bodies: dict[str, Any] = {str(status): {"description": "Done."}}
        if status != 204:
            bodies[str(status)]["content"] = _JSON
        codes = [400] + ([] if self._access.public else [401, 403]) + ([404] if "{" in self.path else [])
        for code in codes:
            bodies[str(code)] = {"description": "See the message.", "content": {"application/json": {"schema": _ERROR}}}
        return bodies

    @property
    def _access(self) -> Any:
        return self.view.access[self.method.lower()]
