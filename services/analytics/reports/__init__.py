"""Pipelines, the team's table, and exports of all figures."""
