"""Files: whoever imports one must not take the time or the memory of others."""

import time
from typing import Any

from tests.attack import files
from tests.attack.hostile import Scene, Sender, in_threads

_PATH = "/api/leads/import-export"
_OVER = ("completed", "failed")
# So long may a small file take in the background, on a busy machine.
_SOON_SECONDS = 20.0


def cells(scene: Scene) -> None:
    """Cells of ten thousand characters that almost fit a pattern: none may cost more than its length, and the run must end."""
    content = files.backtracking()
    with_token = scene.sender(scene.token(scene.cast.insider))
    started = with_token.upload(f"{_PATH}/import?background=true", content)
    _everywhere(scene, [content])
    _await_end(scene, with_token, started.json().get("importId"))


def far_cell(scene: Scene) -> None:
    """1.7 kB whose last cell is XFD30000: what a file declares is bounded before anybody reads it."""
    _everywhere(scene, [files.far_cell()], name="leads.xlsx")


def bombs(scene: Scene) -> None:
    """Some hundred kB that unpack to 100 MB and more, by many cells, by one text, and with a false size in the archive."""
    cells_, text = files.many_cells(), files.long_string()
    _everywhere(scene, [cells_, text, files.lying(cells_), files.lying(text)], name="leads.xlsx")


def wide(scene: Scene) -> None:
    """Two hundred long columns, sixteen thousand columns: columns are bounded."""
    _everywhere(scene, [files.wide(200, 800), files.wide(16_000, 2)])


def quotes(scene: Scene) -> None:
    """One quote that never ends before 60,000 rows, and a file of quotes only."""
    _everywhere(scene, [files.unclosed(), files.quotes()])


def rows(scene: Scene) -> None:
    """100,000 honest rows in the background: everybody goes on working meanwhile."""
    sender = scene.sender(scene.token(scene.cast.insider))
    content, answer = files.large(100_000), None
    while answer is None or (answer.status in (429, 503) and answer.retry_after and not scene.is_over):
        # What came before this may still be read: it says when to come again.
        time.sleep(answer.retry_after if answer else 0)
        answer = sender.upload(f"{_PATH}/import?background=true", content)
    if answer.status != 202:
        scene.broken.append(f"an honest file was answered {answer.status} {answer.body[:200].decode(errors='replace')}")
        return
    while not scene.is_over:
        time.sleep(0.5)
    run = _run(sender, answer.json()["importId"])
    scene.notes.append(
        f"{run.get('processedRecords', run.get('importedRecords'))} rows done in this time ({run.get('status')})"
    )


def _everywhere(scene: Scene, contents: list[bytes], name: str = "leads.csv") -> None:
    """Send the files to each of the three ways in at once, again and again: validate, import, import in the background."""
    token = scene.token(scene.cast.insider)
    paths = [f"{_PATH}/validate", f"{_PATH}/import", f"{_PATH}/import?background=true"]

    def go_on(path: str) -> None:
        sender, turn = scene.sender(token), 0
        while not scene.is_over:
            sender.upload(path, contents[turn % len(contents)], name)
            turn += 1
            time.sleep(0.3)
        sender.close()

    in_threads([lambda path=path: go_on(path) for path in paths])
    slow = scene.statuses["504"] + scene.statuses["none"]
    if slow:
        scene.notes.append(f"{slow} uploads were not answered in time")


def _await_end(scene: Scene, sender: Sender, import_id: Any) -> None:
    """Wait until an import in the background is over; one that is not breaks the rule."""
    deadline = time.monotonic() + _SOON_SECONDS
    run: dict[str, Any] = {}
    while import_id and time.monotonic() < deadline:
        run = _run(sender, import_id)
        if run.get("status") in _OVER:
            return
        time.sleep(0.5)
    if import_id:
        scene.spoil(f"the import in the background is not over after {_SOON_SECONDS:.0f} s: {run.get('status')}")


def _run(sender: Sender, import_id: Any) -> dict[str, Any]:
    return dict(sender.send("GET", f"{_PATH}/imports/{import_id}").json())
