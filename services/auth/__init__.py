"""Credentials, sessions and tokens."""
