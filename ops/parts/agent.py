"""The gateway's agent: it follows the states of the route groups (gateway/agent.py)."""

import os
from collections.abc import Mapping
from pathlib import Path

from gateway.envoy import Settings
from gateway.files import write_json
from ops.config import python
from ops.home import ROOT
from ops.parts.envoy import ADMIN
from ops.parts.process import Part, spawn

_PASSED = (
    "PATH",
    "HOME",
    "LANG",
    "GATEWAY_MONGODB_NAME",
    "LEADMESH_INCIDENT_WEBHOOK",
    "LEADMESH_SHADOW_PAUSES",
    "LEADMESH_SHADOW_RATE",
)


def start(settings: Settings, log: Path, environment: Mapping[str, str], page: int = 0) -> Part:
    """Start the agent of the Envoy that runs with `settings`; `MONGODB_URI` of the environment has the states. page: the port of
    the comparison's page, 0 for none. Raises OSError."""
    told = {
        "port": settings.port,
        "folder": str(settings.folder),
        "origins": settings.origins,
        "legacy": settings.legacy,
        "comparer": settings.comparer,
    }
    file = settings.folder / "agent.json"
    write_json(file, told)
    command = [python(), "-m", "gateway.agent", "--settings", str(file), "--admin", str(settings.folder / ADMIN)]
    command += ["--name", f"local-{settings.port}", "--page-port", str(page)]
    own = {name: environment[name] for name in _PASSED if name in environment}
    own |= {"MONGODB_URI": environment["MONGODB_URI"], "PYTHONUNBUFFERED": "1"}
    process = spawn(command, log, {**own, "PATH": own.get("PATH", os.defpath)}, cwd=ROOT)
    return Part("agent", f"http://127.0.0.1:{page}/" if page else "", page, process, log)
