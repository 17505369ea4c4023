"""The WSGI application of the service users."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "services.users.settings")

from core.api.wsgi import service_application

application = service_application()
