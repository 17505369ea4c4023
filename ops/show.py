"""What a person sees: the table at the end of the start, and the status."""

from typing import Any

from rich.table import Table

from gateway.terminal import console
from gateway.terminal import table as table_of
from ops.config import Config
from ops.seed import people
from platform_services import SERVICES


def tell(text: str) -> None:
    """Print a step of progress."""
    console.print(f"[green]•[/] {text}")


def summary(config: Config) -> None:
    """Print the table of addresses and logins."""
    table = Table(show_header=False, title="Leadmesh is running", title_justify="left", title_style="bold")
    admins = ["monolith"] if config.monolith else list(SERVICES)
    table.add_row("Gateway", config.url)
    table.add_row("API documentation", f"{config.url}/api/docs")
    table.add_row("Admins", "\n".join(f"{config.url}/admin/{name}/" for name in admins))
    if config.seed:
        demo = people()
        logins = "\n".join(f"{person['email']} ({person['roles'][0]})" for person in demo["people"])
        table.add_row("Demo logins", f"{logins}\npassword: {demo['password']}")
    table.add_row("State and logs", str(config.home.folder))
    table.add_row("Other commands", "./leadmesh --help")
    console.print(table)


def status(facts: dict[str, Any]) -> None:
    """Print the status as a table."""
    table = table_of("process", "pid", "port", "ready", "uptime", "restarts", whole=("process", "port"))
    for name, part in facts["parts"].items():
        table.add_row(name, str(part["pid"] or "-"), part["uri"], _word(part["ready"]), "", "")
    for name, service in facts["services"].items():
        rows = [*service["instances"], *(row for row in (service["worker"], service["bridge"]) if row)]
        if not rows:
            table.add_row(f"{name} (stopped)", "-", "", _word(False), "", "")
        for row in rows:
            cells = (row["name"], row["pid"] or "-", row["port"] or "", _word(row["ready"]), f"{row['uptime']:.0f} s")
            table.add_row(*(str(cell) for cell in cells), str(row["restarts"]))
    console.print(table)
    for trouble in facts["troubles"]:
        console.print(f"[red]Waiting[/] {trouble}", soft_wrap=True)
    console.print(f"Gateway {facts['gateway']['url']}: {'ready' if facts['gateway']['ready'] else 'not ready'}")


def _word(ready: bool) -> str:
    return "[green]yes[/]" if ready else "[red]no[/]"
