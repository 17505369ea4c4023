"""Every step over a tenant's wall is known by name and argued for: a new one fails here until it is added, with its reason."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

BYPASSES = {
    "core.documents.bypasses": {
        "about": "what is about oneself one may see, whichever tenant it is from",
        "every_run": "the same workers go on with the runs of all tenants",
    },
    "services.leads.communication.bypasses": {
        "messages_of_all": "a provider's report names no tenant; only the provider knows the id",
    },
    "services.leads.leads.bypasses": {
        "leads_of_all": "an old queue item has no tenant until it gets the one of its lead",
    },
    "services.leads.queueing.bypasses": {
        "queues_of_all": "leases end in every tenant, and items of the old system get their tenant here",
    },
    "services.users.accounts.bypasses": {
        "activity_log": "an entry carries the tenant of the person whom it is about",
        "everyone": "ids and addresses of people are unique across tenants, and some people have no tenant",
        "status_log": "an entry carries the tenant of the person whom it is about",
    },
    "services.users.invitations.bypasses": {
        "all_invitations": "an invited person is not in the tenant yet",
    },
    "services.users.roles.bypasses": {
        "all_assignments": "the sweep serves all tenants, and operators hold roles without a tenant",
        "all_roles": "shared roles belong to no tenant and are read beside those of one",
    },
}
# Where a scope without tenant limit is made: operators who chose no tenant, and the door itself.
UNLIMITED = {
    "core.documents.scope.everywhere",
    "core.documents.collection.across_tenants",
    "core.identity.principals.scope",
}


def calls() -> Iterator[tuple[str, str, ast.Call]]:
    """Module, function and call of every call in core and services."""
    for path in sorted([*ROOT.glob("core/**/*.py"), *ROOT.glob("services/**/*.py")]):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        tree = ast.parse(path.read_text())
        inside = {
            id(node): function.name
            for function in ast.walk(tree)
            if isinstance(function, ast.FunctionDef)
            for node in ast.walk(function)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                yield module, inside.get(id(node), ""), node


def name_of(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def test_every_bypass_has_its_name_and_its_reason_here() -> None:
    found: dict[str, dict[str, str]] = {}
    for module, function, call in calls():
        if name_of(call) == "across_tenants":
            found.setdefault(module, {})[function] = ast.literal_eval(call.args[0])
    assert found == BYPASSES
    assert all(module.endswith(".bypasses") for module in found)


def test_nothing_else_makes_a_scope_without_limit() -> None:
    made = {f"{module}.{function}" for module, function, call in calls() if _may_be_unlimited(call)}
    assert made == UNLIMITED


def _may_be_unlimited(call: ast.Call) -> bool:
    """By its word, by its place, or by something that this test cannot read."""
    if name_of(call) == "TenantScope" and (_is_open(call) or len(call.args) > 2):
        return True
    words = (word for word in call.keywords if word.arg == "everywhere")
    return name_of(call) == "everywhere" or any(not _is_false(word.value) for word in words)


def _is_open(call: ast.Call) -> bool:
    return any(isinstance(part, ast.Starred) for part in call.args) or any(word.arg is None for word in call.keywords)


@pytest.mark.parametrize(
    ("call", "unlimited"),
    [
        ("TenantScope(None, None, True)", True),
        ("TenantScope(*parts)", True),
        ("TenantScope(**parts)", True),
        ("scope.TenantScope(None, everywhere=True)", True),
        ("replace(scope, everywhere=chosen)", True),
        ("TenantScope(tenant, actor)", False),
        ("TenantScope(tenant, everywhere=False)", False),
    ],
)
def test_a_scope_without_limit_is_recognised(call: str, unlimited: bool) -> None:
    assert _may_be_unlimited(ast.parse(call, mode="eval").body) is unlimited  # type: ignore[arg-type]


def test_the_ways_past_the_wall_have_no_other_name() -> None:
    """What is kept under another name, and called later, is no call that the tests above see."""
    kept = {
        (str(path.relative_to(ROOT)), node.attr)
        for path in ROOT.glob("[cs]*/**/*.py")
        if path.parts[len(ROOT.parts)] in ("core", "services")
        for tree in [ast.parse(path.read_text())]
        for called in [{id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}]
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr == "across_tenants" and id(node) not in called
    }
    assert kept == set()


def test_only_the_admin_says_what_models_may_show() -> None:
    """A model shows the documents of the scope that is active."""
    importing = {
        str(path.relative_to(ROOT))
        for path in [*ROOT.glob("core/**/*.py"), *ROOT.glob("services/**/*.py")]
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and node.module == "core.documents.scope"
        if "activate" in {name.name for name in node.names}
    }
    assert importing == {"core/admin/middleware.py"}


def _is_false(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is False


def test_a_collection_has_one_door() -> None:
    """A second declaration without tenant would open a collection of tenants to everybody."""
    declared = [
        (service.value if isinstance(service, ast.Constant) else module, call.args[0].value)
        for module, _, call in calls()
        if name_of(_declaration(call)) in ("Collection", "PlainCollection", "Declared")
        and call.args
        and isinstance(call.args[0], ast.Constant)
        for service in [*call.args[1:2], *(word.value for word in call.keywords if word.arg == "service")]
    ]
    assert len(declared) > 35
    assert len(declared) == len(set(declared))
    declaring = {
        module for module, _, call in calls() if name_of(_declaration(call)) in ("Collection", "PlainCollection")
    }
    # The engine's Collection is another one: the driver's, as Django reads it.
    known = (".models", "core.documents.collection", "core.documents.engine.base")
    assert {module for module in declaring if not module.endswith(known)} == set()


def _declaration(call: ast.Call) -> ast.Call:
    """A declaration names the type of its documents: Collection[LeadDocument](...)."""
    if isinstance(call.func, ast.Subscript):
        return ast.Call(func=call.func.value, args=call.args, keywords=call.keywords)
    return call
