"""The WSGI application of the service analytics."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "services.analytics.settings")

from core.api.wsgi import service_application

application = service_application()
