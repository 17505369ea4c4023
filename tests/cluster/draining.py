"""`kubectl drain` at work: it asks for the eviction of every pod of ours and keeps asking where it is refused."""

import os
import subprocess
from pathlib import Path

from tests.cluster.node import NAME, Node
from tests.cluster.waiting import eventually

_LONGEST = "240s"


class Drain:
    """A drain of the node in the background, ended at the end of the block."""

    def __init__(self, node: Node) -> None:
        self._log = Path(node.folder / "logs" / "drain.log")
        self._environment = {**os.environ, **node.environment}
        self._command = [str(node.built / "bin/kubectl"), "drain", NAME, "--delete-emptydir-data"]
        self._command += ["--pod-selector=app.kubernetes.io/part-of=leadmesh", f"--timeout={_LONGEST}"]

    def __enter__(self) -> "Drain":
        with self._log.open("w", encoding="utf-8") as log:
            self._process = subprocess.Popen(self._command, env=self._environment, stdout=log, stderr=log)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()

    def refused(self) -> int:
        """Return how often an eviction was refused so far."""
        return self._log.read_text(encoding="utf-8").count("disruption budget")

    def await_refusal(self, times: int) -> None:
        """Wait until evictions were refused so often. Raises AssertionError when the drain ends before."""
        eventually(lambda: self.refused() >= times or self._process.poll() is not None, 120)
        assert self.refused() >= times, self._log.read_text(encoding="utf-8")

    def await_end(self) -> None:
        """Wait until every pod has moved. Raises AssertionError when the drain gave up."""
        assert self._process.wait(300) == 0, self._log.read_text(encoding="utf-8")
