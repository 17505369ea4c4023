"""What people did: the activity log, their habits, and what matters for security."""
