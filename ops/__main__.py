"""`python -m ops`: the leadmesh command."""

from ops.cli import app

app(prog_name="leadmesh")
