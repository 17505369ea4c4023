"""Management commands of the document layer."""
