"""The Celery application of the service monolith: `celery -A services.monolith.celery worker`."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "services.monolith.settings")

from core.worker.app import celery_app

app = celery_app()
