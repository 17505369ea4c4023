"""The admin site of a service and the base of its pages for documents."""

import json
from collections.abc import Callable, Mapping
from functools import reduce, wraps
from operator import or_
from typing import Any, ClassVar

from django.conf import settings
from django.contrib import messages
from django.contrib.admin import action, display
from django.core.paginator import Paginator
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin
from unfold.sites import UnfoldAdminSite

from core.admin.forms import SignInForm
from core.admin.signin import principal_of, sign_out
from core.api.rendering import to_json
from core.documents.fields import AnyField
from core.documents.ids import object_id
from core.errors import Problem
from core.identity.principals import Principal

UseCase = Callable[[Any, Principal, Any], object]

# Users do not page further by hand, and counting more costs more than the page (docs/measurements.md: 6.4 ms for 33,000).
_COUNT_AT_MOST = 10_000


class LeadmeshAdminSite(UnfoldAdminSite):
    """The site of the service in this process; other services' admins are one click away."""

    login_form = SignInForm
    login_template = "core_admin/login.html"
    enable_nav_sidebar = True

    @property
    def site_header(self) -> str:  # type: ignore[override]
        """The name on every page."""
        return f"Leadmesh {settings.SERVICE_NAME}"

    site_title = site_header
    index_title = "Documents"

    def has_permission(self, request: HttpRequest) -> bool:
        """Whether the signed-in person administers a tenant or the platform."""
        principal = principal_of(request)
        return principal is not None and principal.is_admin

    def logout(self, request: HttpRequest, extra_context: Mapping[str, object] | None = None) -> Any:
        """End the session of the admins and the one at auth behind it."""
        if request.method == "POST":
            sign_out(request)
        return super().logout(request, extra_context)

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """Return the context of every page, with the links to the other admins."""
        names = [settings.SERVICE_NAME] if len(settings.SERVICES) > 1 else settings.PLATFORM_SERVICES
        links = [{"title": name, "link": f"/admin/{name}/"} for name in names]
        return {**super().each_context(request), "leadmesh_admins": links}


class CappedPaginator(Paginator):
    """Counts no further than ten thousand: every page of the list would wait for it."""

    @cached_property
    def count(self) -> int:
        """The number of documents, ten thousand standing for more."""
        documents: Any = self.object_list
        return int(documents[:_COUNT_AT_MOST].count())


class DocumentAdmin(ModelAdmin):
    """Shows documents, changes none: what may be done to them are `actions`, which call the service's use cases.

    `operators_only` hides documents that belong to no tenant from tenants' administrators. `search_fields` must be
    prefixes or equalities on indexed fields (`email__startswith`), never `icontains`; `id_fields` are searched instead for an id
    in either form.
    """

    operators_only = False
    id_fields: ClassVar[tuple[str, ...]] = ()
    list_per_page = 25
    show_full_result_count = False
    paginator = CappedPaginator
    compressed_fields = True

    def get_readonly_fields(self, request: HttpRequest, obj: object = None) -> list[str]:
        """Return all fields; free-form ones as indented JSON."""
        return [self._shown(field) for field in self.model._meta.fields if field.name != "id"] + ["document_id"]

    def get_fields(self, request: HttpRequest, obj: object = None) -> list[str]:
        """Return the id and all fields."""
        return ["document_id", *[name for name in self.get_readonly_fields(request, obj) if name != "document_id"]]

    def get_search_fields(self, request: HttpRequest) -> Any:
        """Show the search box also for ids."""
        return self.id_fields or super().get_search_fields(request)

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """Return the documents with this id in one of `id_fields`, none for other words; without such fields as Django does."""
        if not self.id_fields or not search_term.strip():
            return super().get_search_results(request, queryset, search_term)
        key = object_id(search_term.strip())
        named = (queryset.filter(**{f"{field}__in": [key, str(key)]}) for field in self.id_fields)
        return (reduce(or_, named) if key else queryset.none()), False

    @display(description="Id")
    def document_id(self, document: Any) -> str:
        """The document's id."""
        return str(document.pk)

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Nothing is created here: documents come from the API and from events."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Nothing is deleted here, except by a use case among the actions."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Nothing is edited here: the form only shows, and actions need no more than to see."""
        return False

    def has_view_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Whether the person may see these documents at all."""
        principal = principal_of(request)
        return principal is not None and principal.is_admin and (principal.is_operator or not self.operators_only)

    has_module_permission = has_view_permission

    def _shown(self, field: Any) -> str:
        if not isinstance(field, AnyField):
            return str(field.name)
        name = f"shown_{field.name}"
        if not hasattr(type(self), name):
            setattr(type(self), name, _json_display(field))
        return name


def for_each(description: str) -> Callable[[UseCase], Callable[[Any, HttpRequest, Any], None]]:
    """Make an action of a method that calls a use case with the caller and one document: it is called for each chosen one, and
    what it refuses is shown beside that one's name."""

    def decorate(use_case: UseCase) -> Callable[[Any, HttpRequest, Any], None]:
        @action(description=description)
        @wraps(use_case)
        def run(self: DocumentAdmin, request: HttpRequest, queryset: Any) -> None:
            caller = principal_of(request)
            if caller is None:
                return
            for document in queryset:
                try:
                    use_case(self, caller, document)
                except Problem as problem:
                    self.message_user(request, f"{document}: {problem.message}", messages.ERROR)

        return run

    return decorate


def _json_display(field: Any) -> Any:
    @display(description=field.verbose_name)
    def shown(self: Any, document: Any) -> str | SafeString:
        value = getattr(document, field.name)
        if not isinstance(value, dict | list):
            return "" if value is None else str(value)
        return format_html("<pre>{}</pre>", json.dumps(json.loads(to_json(value)), indent=2, ensure_ascii=False))

    return shown
