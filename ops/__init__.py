"""The `leadmesh` command: runs, watches and changes a platform on one machine."""
