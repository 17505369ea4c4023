"""People: profile, status, roles, activity."""
