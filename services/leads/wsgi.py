"""The WSGI application of the service leads."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "services.leads.settings")

from core.api.wsgi import service_application

application = service_application()
