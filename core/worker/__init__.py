"""The Celery application of a service, what its worker does beside tasks, and handing it work."""
