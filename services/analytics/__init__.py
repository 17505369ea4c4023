"""Facts from events, dashboards from facts."""
