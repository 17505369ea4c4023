"""Accepting invitations, which users creates."""
