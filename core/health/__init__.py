"""Health of web processes and workers: what is checked (django-health-check), and the answers about it."""
