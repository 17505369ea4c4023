"""Facts travel as events: outbox, Celery, inbox, acknowledgement (docs/decisions/0003-events.md)."""
