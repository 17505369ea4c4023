"""The Celery application of the service buyers: `celery -A services.buyers.celery worker`."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "services.buyers.settings")

from core.worker.app import celery_app

app = celery_app()
