"""The same commands for a gateway in a cluster: they run beside it, in a pod that reaches the database of the states."""

import argparse
import getpass
import shutil
import subprocess

from gateway.console import AUTHOR

_POD, _CONTAINER = "deployment/gateway", "agent"


def run(words: list[str]) -> int | None:
    """Run the command `words` in the cluster that its --context or --namespace names, and return the exit code; None when it
    names none. Raises FileNotFoundError without kubectl."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--context")
    parser.add_argument("--namespace")
    there, command = parser.parse_known_args(words)
    named = [f"--{name}={given}" for name, given in vars(there).items() if given]
    if not named:
        return None
    told = [f"{AUTHOR}={getpass.getuser()}", f"COLUMNS={shutil.get_terminal_size().columns}"]
    inside = ["env", *told, "leadmesh", *command]
    return subprocess.run(  # noqa: S603 - this command
        ["kubectl", *named, "exec", _POD, f"--container={_CONTAINER}", "--", *inside],  # noqa: S607 - as everywhere
        check=False,
    ).returncode
