"""The WSGI application of the service buyers."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "services.buyers.settings")

from core.api.wsgi import service_application

application = service_application()
