"""The Celery application of the service leads: `celery -A services.leads.celery worker`."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "services.leads.settings")

from core.worker.app import celery_app

app = celery_app()
