"""Management commands of events."""
