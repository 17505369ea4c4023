"""The Celery application of the service users: `celery -A services.users.celery worker`."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "services.users.settings")

from core.worker.app import celery_app

app = celery_app()
