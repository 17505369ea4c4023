"""Management commands of tokens."""
