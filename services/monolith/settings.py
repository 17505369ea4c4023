"""Settings of the monolith: the apps of all five services, one database each unless MONGODB_NAME says otherwise."""

from core.settings import service_settings
from platform_services import SERVICES
from services.analytics.settings import APPS as ANALYTICS
from services.auth.settings import APPS as AUTH
from services.auth.settings import JWKS_PROVIDER as AUTH_KEYS
from services.buyers.settings import APPS as BUYERS
from services.leads.settings import APPS as LEADS
from services.users.settings import APPS as USERS

globals().update(service_settings("monolith", AUTH | USERS | LEADS | BUYERS | ANALYTICS, services=SERVICES))
JWKS_PROVIDER = AUTH_KEYS
