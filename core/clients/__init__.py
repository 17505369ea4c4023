"""Calls to other services: where they are, how long we wait, when we stop asking."""
