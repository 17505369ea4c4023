"""Lead records: create, list, read, update, delete, statistics."""
