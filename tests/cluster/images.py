"""Small images made here, in the archive format that `docker save` writes."""

import hashlib
import io
import json
import tarfile
from pathlib import Path


def write_image(archive: Path, name: str, files: dict[str, bytes], command: list[str]) -> None:
    """Write the image `name` with executable `files` (path to content) that runs `command`, as `archive`."""
    layer = _tar({path: (content, 0o755) for path, content in files.items()})
    config = {
        "architecture": "amd64",
        "os": "linux",
        "config": {"Cmd": command, "User": "10001:10001"},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}"]},
    }
    manifest = [{"Config": "config.json", "RepoTags": [name], "Layers": ["layer.tar"]}]
    content = {"config.json": json.dumps(config), "manifest.json": json.dumps(manifest)}
    members = {path: (text.encode(), 0o644) for path, text in content.items()}
    archive.write_bytes(_tar({"layer.tar": (layer, 0o644), **members}))


def _tar(members: dict[str, tuple[bytes, int]]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as file:
        for path, (content, mode) in members.items():
            entry = tarfile.TarInfo(path)
            entry.size, entry.mode = len(content), mode
            file.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()
