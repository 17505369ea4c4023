"""Dashboards keep nothing of their own: everything is computed from facts."""
