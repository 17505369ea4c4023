"""The WSGI application of the service auth."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "services.auth.settings")

from core.api.wsgi import service_application

application = service_application()
