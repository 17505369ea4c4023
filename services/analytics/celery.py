"""The Celery application of the service analytics: `celery -A services.analytics.celery worker`."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "services.analytics.settings")

from core.worker.app import celery_app

app = celery_app()
