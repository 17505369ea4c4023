"""Creates the virtual environment and installs the locked libraries. Uses only the standard library.

python3 ops/install.py .venv requirements-dev.lock     what `make` calls
python3 ops/install.py --system-libraries              Debian packages that the embedded MongoDB needs (root only)
"""

import ctypes.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

OLDEST = (3, 11)
# The shared libraries of the embedded mongod and the Debian packages that hold them.
SYSTEM_LIBRARIES = {"curl": "libcurl4", "ssl": "libssl3", "ldap-2.5": "libldap-2.5-0"}


def stop(sentence: str) -> None:
    """End with one clear sentence and exit code 2."""
    print(sentence, file=sys.stderr)  # noqa: T201 - this is a command
    raise SystemExit(2)


def install(venv: Path, lock: Path) -> None:
    """Create `venv` if it is missing and make its libraries those of `lock`."""
    if sys.version_info < OLDEST:
        stop(f"Leadmesh needs Python {OLDEST[0]}.{OLDEST[1]} or newer; this is {sys.version.split()[0]}.")
    python = venv / "bin" / "python"
    if not python.exists():
        create(venv)
    print(f"Installing the libraries of {lock} into {venv} (about a minute the first time) ...", flush=True)  # noqa: T201
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "install", "-q"]
    if subprocess.run([*pip, "--require-hashes", "-r", str(lock)], check=False).returncode:  # noqa: S603 - fixed
        stop("pip could not install the libraries; its message is above. Is the network reachable?")
    (venv / "installed").touch()


def create(venv: Path) -> None:
    """Create the virtual environment."""
    try:
        import ensurepip  # noqa: F401 - its absence is what Debian's split packages look like
        import venv as builder
    except ImportError:
        stop(f"Python's venv module is missing: apt-get install python3.{sys.version_info.minor}-venv")
    builder.create(venv, with_pip=True, clear=venv.exists())


def install_system_libraries() -> None:
    """Install what is missing of the system libraries, where that is possible without asking."""
    missing = [package for library, package in SYSTEM_LIBRARIES.items() if not ctypes.util.find_library(library)]
    if not missing or not shutil.which("apt-get") or os.geteuid() != 0:
        return
    for words in (["update"], ["install", "-y", "--no-install-recommends", *missing]):
        subprocess.run(["apt-get", "-q", *words], check=True, stdout=subprocess.DEVNULL)  # noqa: S603, S607 - fixed


if __name__ == "__main__":
    if sys.argv[1:] == ["--system-libraries"]:
        install_system_libraries()
    elif len(sys.argv) == 3:
        install(Path(sys.argv[1]), Path(sys.argv[2]))
    else:
        stop(__doc__ or "")
