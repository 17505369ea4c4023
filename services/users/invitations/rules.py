"""Rules of invitations (contract/users-rules.md §9). Pure."""

from datetime import timedelta

LIFETIME = timedelta(days=7)
STATUSES = ("pending", "accepted", "expired", "cancelled")
