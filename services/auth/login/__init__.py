"""Logging in: password, second factor, session."""
