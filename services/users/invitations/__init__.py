"""Inviting people into a tenant."""
