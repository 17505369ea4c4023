"""Who gets which lead, and why."""
