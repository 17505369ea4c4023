"""Buyer records: create, list, search, statistics."""
