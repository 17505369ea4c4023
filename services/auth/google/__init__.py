"""Signing in with a Google account."""
