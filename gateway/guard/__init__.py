"""The guard: sends a group of routes back to the old system when its service turns bad."""
