"""Messages and calls to leads."""
