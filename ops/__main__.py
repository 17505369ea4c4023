"""`python -m ops`: the leadmesh command."""

import sys

from ops import elsewhere
from ops.cli import app

try:
    code = elsewhere.run(sys.argv[1:])
except FileNotFoundError:
    sys.exit("kubectl is needed for --context and --namespace, and is not installed.")
if code is not None:
    sys.exit(code)
app(prog_name="leadmesh")
