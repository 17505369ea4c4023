"""The WSGI application of the service monolith."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "services.monolith.settings")

from core.api.wsgi import service_application

application = service_application()
