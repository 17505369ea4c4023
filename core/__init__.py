"""The shared library of every Leadmesh service. It knows no service's code; see docs/architecture.md."""
