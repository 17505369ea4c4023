"""What is in the images, and what must not be: another service's code, tools, ways to another user."""

import json
import re
from pathlib import Path

import pytest

from tests.images.engine import (
    BASE,
    IMAGES,
    ROOT,
    TOOLS,
    VERSION,
    Layer,
    build,
    docker,
    image,
    inspect,
    layers,
    run,
    visible,
)

_MOST_OVER_BASE = 200_000_000


@pytest.fixture(scope="session")
def saved(images: list[str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Layer]]:
    return layers(tmp_path_factory.mktemp("saved"), [*images, BASE])


@pytest.fixture(params=IMAGES)
def service(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def own(saved: dict[str, list[Layer]], service: str) -> list[Layer]:
    """The layers above the base: what is deleted further up still lies in them."""
    return saved[image(service)][len(saved[BASE]) :]


def test_no_layer_holds_another_services_code(saved: dict[str, list[Layer]], service: str) -> None:
    held = {path for layer in own(saved, service) for path in layer.files}
    owners = {path.split("/")[2] for path in held if re.match(r"app/services/[^/]+/.", path)}
    assert owners - {"__pycache__"} == (set(IMAGES) if service == "monolith" else {service})
    assert f"app/services/{service}/wsgi.py" in held


def test_the_application_is_core_one_service_and_nothing_else(saved: dict[str, list[Layer]], service: str) -> None:
    held = {path for layer in own(saved, service) for path in layer.files if path.startswith("app/")}
    assert {path.split("/")[1] for path in held} == {"VERSION", "core", "docker", "services", "static"}
    assert {path for path in held if path.startswith("app/docker/")} == {"app/docker/entrypoint"}
    strange = [path for path in held if path.split("/")[1] in ("core", "services") and not _is_code(path)]
    assert not strange
    # Compiled beforehand: the root file system is read-only.
    sources = {path for path in held if path.endswith(".py")}
    compiled = {path for path in held if path.endswith(".cpython-311.pyc")}
    assert len(compiled) >= len(sources) > 100


def test_the_agents_image_is_the_gateways_package_and_nothing_else(saved: dict[str, list[Layer]]) -> None:
    seen = visible(saved[image("gateway-agent")])
    held = {path for path in seen if path.startswith("app/")}
    assert {path.split("/")[1] for path in held} == {
        "VERSION",
        "__pycache__",
        "contract",
        "gateway",
        "platform_services.py",
    }
    assert {Path(path).suffix for path in held} == {"", ".py", ".pyc", ".toml", ".yaml"}
    installed = {_name(path) for path in seen if re.search(r"site-packages/[^/]+\.dist-info/METADATA$", path)}
    locked = set(re.findall(r"^([a-z0-9-]+)==", (ROOT / "requirements-gateway.lock").read_text(encoding="utf-8"), re.M))
    assert {"httpx", "pymongo"} <= installed <= locked
    assert not [path for path, mode in seen.items() if mode & 0o6000 or (path.startswith("app/") and mode & 0o022)]


def _is_code(path: str) -> bool:
    return Path(path).suffix in (".py", ".pyc", ".html", ".txt", ".json")


def test_nothing_is_there_to_build_or_to_install_with(saved: dict[str, list[Layer]], service: str) -> None:
    seen = visible(saved[image(service)])
    tools = re.compile(r"(^|/)(pip3?|gcc|cc|make|git|curl|wget)$|(^|/)(pip|setuptools|ensurepip)/|\.whl$")
    assert not [path for path in seen if tools.search(path)]
    installed = {_name(path) for path in seen if re.search(r"site-packages/[^/]+\.dist-info/METADATA$", path)}
    locked = set(re.findall(r"^([a-z0-9-]+)==", (ROOT / "requirements.lock").read_text(encoding="utf-8"), re.M))
    assert len(installed) > 60
    assert not installed - locked


def _name(path: str) -> str:
    return re.split(r"-\d", path.split("/")[-2])[0].lower().replace("_", "-").replace(".", "-")


def test_nothing_changes_the_user(saved: dict[str, list[Layer]], service: str) -> None:
    seen = visible(saved[image(service)])
    assert not [path for path, mode in seen.items() if mode & 0o6000]
    assert not [path for path, mode in seen.items() if path.startswith("app/") and mode & 0o022]


def test_the_image_says_what_it_is(images: list[str], service: str) -> None:
    config = inspect(image(service))["Config"]
    labels = {name.removeprefix("org.opencontainers.image."): value for name, value in config["Labels"].items()}
    assert labels["title"] == f"leadmesh/{service}"
    assert labels["version"] == VERSION
    assert re.fullmatch("[0-9a-f]{40}", labels["revision"])
    assert config["User"] == "10001:10001"
    assert config["Healthcheck"]["Test"] == ["CMD", "docker/entrypoint", "health"]
    assert not [entry for entry in config["Env"] if "SECRET" in entry or "PASSWORD" in entry]


def test_size_over_the_base(images: list[str], service: str, figures: list[str]) -> None:
    base, whole = inspect(BASE)["Size"], inspect(image(service))["Size"]
    figures.append(f"{service}: {(whole - base) / 1e6:.0f} MB over the base of {base / 1e6:.0f} MB")
    assert whole - base < _MOST_OVER_BASE


def test_all_services_share_the_libraries(images: list[str]) -> None:
    stacks = [inspect(image(name))["RootFS"]["Layers"] for name in IMAGES]
    shared = set.intersection(*(set(stack) for stack in stacks))
    # The base, its cleaning, the libraries; the last one is the service.
    assert all(len(set(stack) - shared) <= 2 for stack in stacks)


def test_the_bill_of_materials_lists_every_library(engine: None) -> None:
    (path,) = build("--bills", "leads")
    bill = json.loads((ROOT / path).read_text(encoding="utf-8"))
    listed = {part["name"].lower().replace("_", "-"): part["version"] for part in bill["components"]}
    known = docker("run", "--rm", "--entrypoint", "python", image("leads"), "-c", _LIST)
    for name, version in (line.split() for line in known.splitlines()):
        assert listed[name.lower().replace("_", "-")] == version
    assert "libc6" in listed
    assert bill["metadata"]["component"]["name"] == "leadmesh/leads"


_LIST = "from importlib.metadata import distributions as d\nfor x in d(): print(x.name, x.version)"


@pytest.mark.parametrize("file", ["docker/Dockerfile", "docker/parts.Dockerfile"])
def test_the_dockerfiles_keep_to_the_rules(file: str) -> None:
    assert run(str(TOOLS / "hadolint"), file) == ""


def test_the_scripts_keep_to_the_rules() -> None:
    scripts = ("engine", "base-image", "build", "entrypoint", "new-env")
    assert run(str(TOOLS / "shellcheck"), *(f"docker/{name}" for name in scripts)) == ""


def test_an_unknown_service_is_not_built(engine: None) -> None:
    with pytest.raises(AssertionError, match="docker/build nobody"):
        build("nobody")
    assert not docker("images", "--quiet", image("nobody"))
