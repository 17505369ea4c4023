"""Credentials: registration, login, hashes."""
