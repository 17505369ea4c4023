"""The Celery application of the service auth: `celery -A services.auth.celery worker`."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "services.auth.settings")

from core.worker.app import celery_app

app = celery_app()
