"""Dashboards and performance figures from facts."""
